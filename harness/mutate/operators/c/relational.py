"""Comparisons turned round or off by one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OPPOSITES = (b"==", b"!=")
OTHERS = {b"==": b"!=", b"!=": b"==", b"<": b"<=", b"<=": b"<", b">": b">=", b">=": b">"}


def find(source: CSource) -> Iterator[Replacement]:
    """Each comparison once; not those that a deletion or a swap turns round."""
    for place in source.walk("binary_expression"):
        sign = place.part("operator")
        text = source.text(sign)
        if text in OPPOSITES and source.turned_round_anyway(place):
            continue
        if text in OTHERS:
            yield source.replace(sign, OTHERS[text])


OPERATOR = Operator(
    "relational",
    "comparison changed",
    (
        Example("int f(void) { return a == b; }", "int f(void) { return a != b; }"),
        Example("int f(void) { return a < b; }", "int f(void) { return a <= b; }"),
    ),
    find,
)
