"""A field that is not filled in, or not changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource


def find(source: PythonSource) -> Iterator[Replacement]:
    """Named arguments of `_replace`, `replace` and constructors left out."""
    for node in source.walk():
        if not isinstance(node, ast.Call) or len(node.args) + len(node.keywords) < 2:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name.lstrip("_") != "replace" and not name[:1].isupper():
            continue
        for keyword in node.keywords:
            begin, end = source.place(keyword.value)
            begin = source.data.rfind((keyword.arg or "").encode(), 0, begin)
            end += source.data[end : end + 1] == b","
            yield Replacement(begin, end, b"")


OPERATOR = Operator(
    "stale-field",
    "stale field kept, or field not filled in",
    (Example("x = Flow(a, hairpin=b, service=c)", "x = Flow(a, hairpin=b, )"),),
    find,
)
