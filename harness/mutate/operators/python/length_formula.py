"""A slice or index that is a byte off."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Bounds of slices that are no plain numbers; those are constants."""
    for node in source.walk():
        if not isinstance(node, ast.Slice):
            continue
        for bound in (node.lower, node.upper):
            if bound is not None and not isinstance(bound, ast.Constant):
                yield source.replace(bound, b"(" + source.text(bound) + b") + 1")


OPERATOR = Operator(
    "length-formula",
    "length or offset formula wrong",
    (Example("x = data[begin:end]", "x = data[begin:(end) + 1]"),),
    find,
)
