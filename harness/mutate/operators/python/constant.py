"""A number that is one too many; true for false; an unknown default."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Each number and truth value once."""
    for node in source.walk():
        if not isinstance(node, ast.Constant):
            continue
        if isinstance(node.value, bool):
            yield source.replace(node, str(not node.value).encode())
        elif isinstance(node.value, int):
            yield source.replace(node, b"(" + source.text(node) + b" + 1)")


OPERATOR = Operator(
    "constant",
    "constant changed",
    (
        Example("LIMIT = 6", "LIMIT = (6 + 1)"),
        Example("known = True", "known = False"),
    ),
    find,
)
