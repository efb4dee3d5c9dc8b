"""A check whose failure is not acted upon."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """`if` statements that end in `return` or `raise` and have no `else`."""
    for node in source.statements():
        if not isinstance(node, ast.If) or node.orelse:
            continue
        if isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue):
            yield source.replace(node.test, b"False")


OPERATOR = Operator(
    "early-return",
    "early return removed",
    (Example("if bad:\n    raise Drop\n", "if False:\n    raise Drop\n"),),
    find,
)
