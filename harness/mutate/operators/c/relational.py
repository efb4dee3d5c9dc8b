"""Comparisons turned round or off by one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OTHERS = {b"==": b"!=", b"!=": b"==", b"<": b"<=", b"<=": b"<", b">": b">=", b">=": b">"}


def find(source: CSource) -> Iterator[Replacement]:
    """Each comparison once."""
    for place in source.walk("binary_expression"):
        sign = place.part("operator")
        if source.text(sign) in OTHERS:
            yield source.replace(sign, OTHERS[source.text(sign)])


OPERATOR = Operator(
    "relational",
    "comparison changed",
    (
        Example("int f(void) { return a == b; }", "int f(void) { return a != b; }"),
        Example("int f(void) { return a < b; }", "int f(void) { return a <= b; }"),
    ),
    find,
)
