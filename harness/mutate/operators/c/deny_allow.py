"""Deny taken for allow, and what decides between them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OTHERS = {
    b"POLICY_DENY": (b"POLICY_DECISION", b"0"),
    b"POLICY_DECISION": (b"POLICY_DENY",),
    b"POLICY_RULE": (b"POLICY_DENY",),
    b"IDENTITY_HOST": (b"IDENTITY_WORLD",),
    b"IDENTITY_WORLD": (b"IDENTITY_HOST",),
}


def find(source: CSource) -> Iterator[Replacement]:
    """Bits of decisions, and `allowed` turned round where it is used."""
    yield from source.renamed(OTHERS)
    for place in source.walk("field_expression"):
        around = place.parent
        is_target = around is not None and around.field("left") == place
        if source.text(place.part("field")) == b"allowed" and not is_target:
            yield source.replace(place, b"!" + source.text(place))


OPERATOR = Operator(
    "deny-allow",
    "deny and allow tie, or taken for each other",
    (
        Example(
            "int f(void) { return !(decision & POLICY_DENY); }",
            "int f(void) { return !(decision & 0); }",
        ),
        Example(
            "int f(void) { return judgement->allowed; }",
            "int f(void) { return !judgement->allowed; }",
        ),
    ),
    find,
)
