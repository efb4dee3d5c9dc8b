"""The two values of a conditional expression swapped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Conditional expressions."""
    for node in source.walk():
        if isinstance(node, ast.IfExp):
            parts = node.orelse, node.test, node.body
            first, test, second = (b"(" + source.text(part) + b")" for part in parts)
            yield source.replace(node, first + b" if " + test + b" else " + second)


OPERATOR = Operator(
    "ternary",
    "values of a condition swapped",
    (Example("x = a if b else c", "x = (c) if (b) else (a)"),),
    find,
)
