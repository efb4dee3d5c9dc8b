"""What decides between several: order, minimum, and what is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource

OPPOSITE = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


def find(source: PythonSource) -> Iterator[Replacement]:
    """Choosing functions turned round; sort keys without one of their parts."""
    for node in source.walk():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        other = OPPOSITE.get(node.func.id)
        if other == "list":
            yield source.replace(node, b"list(" + source.text(node.args[0]) + b")")
        elif other is not None:
            yield source.replace(node.func, other.encode())
    for node in source.walk():
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            for part in node.value.elts:
                yield source.replace(part, b"0")


OPERATOR = Operator(
    "precedence",
    "prefix or precedence tie",
    (
        Example("x = min(rules, key=f)", "x = max(rules, key=f)"),
        Example("x = sorted(backends, key=f)", "x = list(backends)"),
        Example("def f(): return a, b", "def f(): return a, 0"),
    ),
    find,
)
