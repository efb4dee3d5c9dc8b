"""Another verdict: passed for dropped, told of success for failure, redirected elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OTHERS = {
    b"VERDICT_PASS": (b"VERDICT_DROP",),
    b"VERDICT_DROP": (b"VERDICT_PASS",),
    b"BPF_F_INGRESS": (b"0",),
    b"REASON_UNTRACKED": (b"REASON_NEW",),
    b"REASON_RELATED": (b"REASON_NEW",),
    b"REASON_REASSEMBLY": (b"REASON_NEW",),
    b"REASON_REJECTED": (b"REASON_NO_BACKEND",),
    b"REASON_NEW": (b"REASON_ESTABLISHED",),
    b"REASON_ESTABLISHED": (b"REASON_REPLY",),
    b"REASON_REPLY": (b"REASON_ESTABLISHED",),
}
TRUTH = {b"true": b"false", b"false": b"true"}


def find(source: CSource) -> Iterator[Replacement]:
    """Verdicts and reasons of passing, and truth values that are returned."""
    yield from source.renamed(OTHERS)
    for place in source.walk("return_statement"):
        value = place.children[0] if place.children else None
        if value is not None and source.text(value) in TRUTH:
            yield source.replace(value, TRUTH[source.text(value)])


OPERATOR = Operator(
    "verdict",
    "verdict changed",
    (
        Example(
            "int f(void) { return drop ? VERDICT_DROP : VERDICT_PASS; }",
            "int f(void) { return drop ? VERDICT_PASS : VERDICT_PASS; }",
        ),
        Example("bool f(void) { return false; }", "bool f(void) { return true; }"),
    ),
    find,
)
