"""Comparisons turned round or off by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource

OTHERS: dict[type[ast.cmpop], tuple[bytes, bytes]] = {
    ast.Eq: (b"==", b"!="),
    ast.NotEq: (b"!=", b"=="),
    ast.Lt: (b"<", b"<="),
    ast.LtE: (b"<=", b"<"),
    ast.Gt: (b">", b">="),
    ast.GtE: (b">=", b">"),
    ast.Is: (b"is", b"is not"),
    ast.IsNot: (b"is not", b"is"),
    ast.In: (b"in", b"not in"),
    ast.NotIn: (b"not in", b"in"),
}


def find(source: PythonSource) -> Iterator[Replacement]:
    """Each comparison once."""
    for node in source.walk():
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, sign, right in zip(operands, node.ops, operands[1:], strict=False):
                old, new = OTHERS[type(sign)]
                yield source.between(left, right, old, new)


OPERATOR = Operator(
    "relational",
    "comparison changed",
    (
        Example("x = a == b", "x = a != b"),
        Example("x = a < b", "x = a <= b"),
        Example("x = a is None", "x = a is not None"),
        Example("x = a not in b", "x = a in b"),
    ),
    find,
)
