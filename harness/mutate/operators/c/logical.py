"""And taken for or, and the other way round; a negation left out."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OTHERS = {b"&&": b"||", b"||": b"&&"}


def find(source: CSource) -> Iterator[Replacement]:
    """Logical operators."""
    for place in source.walk("binary_expression"):
        sign = place.part("operator")
        if source.text(sign) in OTHERS:
            yield source.replace(sign, OTHERS[source.text(sign)])
    for place in source.walk("unary_expression"):
        if source.text(place.part("operator")) == b"!":
            yield source.replace(place, b"!!" + source.text(place.part("argument")))


OPERATOR = Operator(
    "logical",
    "logical operator changed",
    (
        Example("int f(void) { return a && b; }", "int f(void) { return a || b; }"),
        Example("int f(void) { return !a; }", "int f(void) { return !!a; }"),
    ),
    find,
)
