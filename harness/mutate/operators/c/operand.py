"""One part of a condition that is not looked at."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement


def find(source: CSource) -> Iterator[Replacement]:
    """The later part of each `and` and `or` left out."""
    for place in source.walk("binary_expression"):
        if source.text(place.part("operator")) in (b"&&", b"||"):
            yield source.replace(place, source.text(place.part("left")))


OPERATOR = Operator(
    "operand",
    "part of a condition dropped",
    (
        Example("int f(void) { return a && b; }", "int f(void) { return a; }"),
        Example("int f(void) { return a || b; }", "int f(void) { return a; }"),
    ),
    find,
)
