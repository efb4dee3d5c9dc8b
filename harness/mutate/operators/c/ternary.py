"""The two values of a conditional expression swapped."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement


def find(source: CSource) -> Iterator[Replacement]:
    """Conditional expressions that name both values."""
    for place in source.walk("conditional_expression"):
        first, second = place.field("consequence"), place.field("alternative")
        if first is not None and second is not None:
            between = source.data[first.end : second.begin]
            swapped = source.text(second) + between + source.text(first)
            yield Replacement(first.begin, second.end, swapped)


OPERATOR = Operator(
    "ternary",
    "values of a condition swapped",
    (Example("int f(void) { return a ? b : c; }", "int f(void) { return a ? c : b; }"),),
    find,
)
