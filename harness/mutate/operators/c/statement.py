"""A statement that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource, Place
from harness.mutate.operator import Example, Operator, Replacement

MEANINGLESS = (b"forget_memory();", b"opaque(")
"""Statements that do nothing in C: they keep the compiler from what the verifier cannot follow."""


def is_all_of_condition(place: Place) -> bool:
    """Whether an `if` does nothing else: without either of them the same happens."""
    around = place.parent
    if around is not None and around.kind == "compound_statement" and len(around.children) == 1:
        around = around.parent
    if around is None or around.kind != "if_statement" or around.field("alternative") is not None:
        return False
    return all(one.kind != "call_expression" for one in around.part("condition").walk())


def find(source: CSource) -> Iterator[Replacement]:
    """Assignments, calls, and conditions with what depends on them."""
    for place in source.walk("expression_statement", "if_statement"):
        text = source.text(place)
        if text == b";" or text.startswith(MEANINGLESS) or is_all_of_condition(place):
            continue
        yield source.replace(place, b";")


OPERATOR = Operator(
    "statement",
    "statement deleted",
    (
        Example("void f(void) { report(packet); }", "void f(void) { ; }"),
        Example("void f(void) { if (known) count = 1; }", "void f(void) { ; }"),
    ),
    find,
)
