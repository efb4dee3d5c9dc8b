"""A check whose failure is not acted upon."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource, Place
from harness.mutate.operator import Example, Operator, Replacement


def leaves(place: Place) -> bool:
    """Whether a statement only returns."""
    if place.kind == "compound_statement":
        statements = place.children
        return len(statements) == 1 and leaves(statements[0])
    return place.kind == "return_statement"


def find(source: CSource) -> Iterator[Replacement]:
    """`if` statements that return and have no `else`."""
    for place in source.walk("if_statement"):
        if place.field("alternative") is None and leaves(place.part("consequence")):
            yield source.replace(place, b";")


OPERATOR = Operator(
    "early-return",
    "early return removed",
    (
        Example(
            "int f(void) { if (reason) return reason; return 0; }", "int f(void) { ; return 0; }"
        ),
    ),
    find,
)
