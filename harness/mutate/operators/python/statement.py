"""A statement that is not there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Assignments to what exists already, calls, removals and raised exceptions."""
    for node in source.statements():
        changes = isinstance(node, ast.AugAssign | ast.Expr | ast.Delete | ast.Raise)
        if isinstance(node, ast.Assign):
            changes = not all(isinstance(target, ast.Name) for target in node.targets)
        if changes:
            yield source.replace(node, b"pass")


OPERATOR = Operator(
    "statement",
    "statement deleted",
    (
        Example("flow.expires = 5", "pass"),
        Example("raise Drop(reason)", "pass"),
        Example("events.append(event)", "pass"),
    ),
    find,
)
