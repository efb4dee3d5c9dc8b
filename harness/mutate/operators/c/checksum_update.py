"""A checksum that is not told of a change."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

HELPERS = (b"bpf_l4_csum_replace", b"bpf_csum_update", b"bpf_csum_diff")
CHANGES = (b"address_change", b"word16_change", b"word_change", b"checksum_fold")


def find(source: CSource) -> Iterator[Replacement]:
    """Helpers that do nothing, updates that keep the old sum, changes that come to nothing."""
    for call in source.calls(HELPERS):
        yield source.replace(call, b"0")
    for call in source.calls((b"checksum_update",)):
        yield source.replace(call, source.text(source.arguments(call)[0]))
    for call in source.calls(CHANGES):
        yield source.replace(call, b"0")
    for place in source.walk("assignment_expression"):
        if b"sum" in source.text(place.part("left")):
            statement = place.parent
            if statement is not None and statement.kind == "expression_statement":
                yield source.replace(statement, b";")


OPERATOR = Operator(
    "checksum-update",
    "checksum update dropped",
    (
        Example(
            "void f(void) { ip->checksum = checksum_update(ip->checksum, change); }",
            "void f(void) { ip->checksum = ip->checksum; }",
        ),
        Example("void f(void) { *sum += change; }", "void f(void) { ; }"),
        Example(
            "int f(void) { return bpf_l4_csum_replace(skb, offset, 0, sum, flags); }",
            "int f(void) { return 0; }",
        ),
    ),
    find,
)
