"""A key without one of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

PARTS = (
    b"identification",
    b"protocol",
    b"fragment_protocol",
    b"hook",
    b"opener",
    b"service",
    b"family",
    b"local_only",
    b"policy",
    b"peer_class",
    b"direction",
)


def find(source: CSource) -> Iterator[Replacement]:
    """What is put into a key's part, replaced by nothing."""
    for place in source.walk("assignment_expression"):
        target, value = place.part("left"), place.part("right")
        name = target.field("field")
        if name is not None and source.text(name) in PARTS and source.text(value) != b"0":
            yield source.replace(value, b"0")


OPERATOR = Operator(
    "fragment-key",
    "fragment key without id or protocol, or another key without a part",
    (
        Example(
            "void f(void) { key->tuple.identification = packet->identification; }",
            "void f(void) { key->tuple.identification = 0; }",
        ),
    ),
    find,
)
