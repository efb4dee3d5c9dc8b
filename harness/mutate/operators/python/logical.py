"""And taken for or, a part of a condition dropped, a negation left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Logical operators and what they join."""
    for node in source.walk():
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield source.replace(node, b"bool(" + source.text(node.operand) + b")")
        if isinstance(node, ast.BoolOp):
            old, new = (b"and", b"or") if isinstance(node.op, ast.And) else (b"or", b"and")
            nothing = b"True" if old == b"and" else b"False"
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield source.between(left, right, old, new)
            for part in node.values:
                yield source.replace(part, nothing)


OPERATOR = Operator(
    "logical",
    "logical operator changed, or part of a condition dropped",
    (
        Example("x = a and b", "x = a or b"),
        Example("x = a and b", "x = True and b"),
        Example("x = not a", "x = bool(a)"),
    ),
    find,
)
