"""A statement that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

MEANINGLESS = (b"forget_memory();", b"opaque(")
"""Statements that do nothing in C: they keep the compiler from what the verifier cannot follow."""


def find(source: CSource) -> Iterator[Replacement]:
    """Assignments, calls, and conditions with what depends on them."""
    for place in source.walk("expression_statement", "if_statement"):
        if source.text(place) != b";" and not source.text(place).startswith(MEANINGLESS):
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
