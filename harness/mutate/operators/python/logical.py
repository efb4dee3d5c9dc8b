"""A part of a condition dropped, a negation left out.

`and` taken for `or` is told by whatever tells that one of the parts is dropped.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Negations, and what logical operators join."""
    for node in source.walk():
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield source.replace(node, b"bool(" + source.text(node.operand) + b")")
        if isinstance(node, ast.BoolOp):
            nothing = b"True" if isinstance(node.op, ast.And) else b"False"
            for part in node.values:
                yield source.replace(part, nothing)


OPERATOR = Operator(
    "logical",
    "part of a condition dropped, or negation left out",
    (
        Example("x = a and b", "x = True and b"),
        Example("x = a or b", "x = a or False"),
        Example("x = not a", "x = bool(a)"),
    ),
    find,
)
