"""Comparisons of times that are off by one, or that are not made."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

TIMES = (b"now", b"expires", b"last_use", b"begin")
BOUNDARIES = {b"<": b"<=", b"<=": b"<", b">": b">=", b">=": b">"}


def find(source: CSource) -> Iterator[Replacement]:
    """Comparisons in which a time takes part."""
    for place in source.walk("binary_expression"):
        sign = place.part("operator")
        if source.text(sign) not in BOUNDARIES:
            continue
        if any(name in source.text(place) for name in TIMES):
            yield source.replace(sign, BOUNDARIES[source.text(sign)])
            yield source.replace(place, b"true")


OPERATOR = Operator(
    "expiry",
    "comparison of times off by one, or expiry not looked at",
    (
        Example(
            "int f(void) { return now < entry->expires; }",
            "int f(void) { return now <= entry->expires; }",
        ),
        Example("int f(void) { return now < entry->expires; }", "int f(void) { return true; }"),
    ),
    find,
)
