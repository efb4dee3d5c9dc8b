"""A negation left out.

`and` taken for `or` is told by whatever tells that a part of the condition is left out (operand).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement


def find(source: CSource) -> Iterator[Replacement]:
    """Negations of a part of a condition, or of a value."""
    for place in source.walk("unary_expression"):
        negates = source.text(place.part("operator")) == b"!"
        if negates and not source.turned_round_anyway(place):
            yield source.replace(place, b"!!" + source.text(place.part("argument")))


OPERATOR = Operator(
    "logical",
    "negation left out",
    (
        Example("int f(void) { return !a; }", "int f(void) { return !!a; }"),
        Example("void f(void) { if (!a && b) g(); }", "void f(void) { if (!!a && b) g(); }"),
    ),
    find,
)
