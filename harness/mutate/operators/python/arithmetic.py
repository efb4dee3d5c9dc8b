"""One arithmetic or bit operator taken for another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource

OTHERS: dict[type[ast.operator], tuple[bytes, bytes]] = {
    ast.Add: (b"+", b"-"),
    ast.Sub: (b"-", b"+"),
    ast.Mult: (b"*", b"+"),
    ast.FloorDiv: (b"//", b"*"),
    ast.Mod: (b"%", b"//"),
    ast.BitAnd: (b"&", b"|"),
    ast.BitOr: (b"|", b"&"),
    ast.BitXor: (b"^", b"|"),
    ast.LShift: (b"<<", b">>"),
    ast.RShift: (b">>", b"<<"),
}


def find(source: PythonSource) -> Iterator[Replacement]:
    """Operators between two values, those of assignments too."""
    for node in source.walk():
        if isinstance(node, ast.BinOp) and type(node.op) in OTHERS:
            old, new = OTHERS[type(node.op)]
            yield source.between(node.left, node.right, old, new)
        if isinstance(node, ast.AugAssign) and type(node.op) in OTHERS:
            old, new = OTHERS[type(node.op)]
            yield source.between(node.target, node.value, old, new)


OPERATOR = Operator(
    "arithmetic",
    "arithmetic or bit operator changed",
    (
        Example("x = a + b", "x = a - b"),
        Example("x += 1", "x -= 1"),
    ),
    find,
)
