"""A timeout that is a nanosecond off, or that of another state."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource

OTHERS = {
    "tcp_opening": "tcp_established",
    "tcp_established": "tcp_closing",
    "tcp_closing": "other",
    "other": "tcp_opening",
    "fragment": "other",
    "affinity_timeout": "",
}


def find(source: PythonSource) -> Iterator[Replacement]:
    """Configured timeouts and the length of seconds."""
    for node in source.walk():
        if isinstance(node, ast.Attribute | ast.Name) and not isinstance(node.ctx, ast.Load):
            continue
        if isinstance(node, ast.Attribute) and node.attr in OTHERS:
            yield source.replace(node, b"(" + source.text(node) + b" + 1)")
            other = OTHERS[node.attr]
            if other:
                yield source.replace(node, source.text(node.value) + b"." + other.encode())
        elif isinstance(node, ast.Name) and node.id == "SECOND":
            yield source.replace(node, b"(SECOND - 1)")
            yield source.replace(node, b"(SECOND + 1)")


OPERATOR = Operator(
    "timeout",
    "timeout constant off by one, or another state's",
    (
        Example("x = timeouts.tcp_closing", "x = (timeouts.tcp_closing + 1)"),
        Example("x = timeouts.tcp_closing", "x = timeouts.other"),
    ),
    find,
)
