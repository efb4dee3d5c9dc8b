"""A loop that turns once more or once less."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement


def find(source: CSource) -> Iterator[Replacement]:
    """Conditions of `for` loops."""
    for loop in source.walk("for_statement"):
        condition = loop.field("condition")
        if condition is None or condition.kind != "binary_expression":
            continue
        bound = condition.part("right")
        for change in (b" - 1", b" + 1"):
            yield source.replace(bound, b"(" + source.text(bound) + change + b")")
        initializer = loop.field("initializer")
        if initializer is not None and initializer.kind == "assignment_expression":
            yield source.replace(initializer.part("right"), b"1")


OPERATOR = Operator(
    "loop-bound",
    "loop bound off by one",
    (
        Example(
            "void f(void) { for (i = 0; i < LIMIT; i++) g(i); }",
            "void f(void) { for (i = 0; i < (LIMIT - 1); i++) g(i); }",
        ),
        Example(
            "void f(void) { for (i = 0; i < LIMIT; i++) g(i); }",
            "void f(void) { for (i = 1; i < LIMIT; i++) g(i); }",
        ),
    ),
    find,
)
