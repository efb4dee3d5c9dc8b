"""Bytes read or written the other way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Names of byte orders, and formats of the struct module."""
    for node in source.walk():
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if node.value == "big":
            yield source.replace(node, b'"little"')
        elif node.value.startswith(("!", ">")):
            yield source.replace(node, source.text(node).replace(node.value[:1].encode(), b"<", 1))


OPERATOR = Operator(
    "byte-order",
    "byte order turned round",
    (
        Example('x = int.from_bytes(data, "big")', 'x = int.from_bytes(data, "little")'),
        Example('HEADER = Struct("!HH")', 'HEADER = Struct("<HH")'),
    ),
    find,
)
