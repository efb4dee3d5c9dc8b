"""Python sources as syntax trees, with places in bytes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.mutate.operator import Replacement

EXPLANATION = "note"
"""What functions and calls are called that tell how a decision came about, alone or before a `_`;
what they say is no part of the contract."""


@dataclass(frozen=True)
class PythonSource:
    """A Python file: its bytes, and the code in it that runs."""

    data: bytes
    tree: ast.Module

    @cached_property
    def starts(self) -> list[int]:
        """First byte of each line."""
        found = [0]
        for line in self.data.splitlines(keepends=True):
            found.append(found[-1] + len(line))
        return found

    @cached_property
    def functions(self) -> list[tuple[str, int, int]]:
        """Name, begin and end of each function, the innermost ones first."""
        found = [
            (node.name, *self.place(node))
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        return sorted(found, key=lambda function: function[2] - function[1])

    def place(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Bytes from where to where a node is."""
        begin = self.starts[node.lineno - 1] + node.col_offset
        last_line, last_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return begin, self.starts[last_line - 1] + last_column

    def text(self, node: ast.stmt | ast.expr) -> bytes:
        """The bytes of a node."""
        begin, end = self.place(node)
        return self.data[begin:end]

    def replace(self, node: ast.stmt | ast.expr, text: bytes) -> Replacement:
        """The replacement of a whole node."""
        begin, end = self.place(node)
        return Replacement(begin, end, text)

    def between(self, left: ast.expr, right: ast.expr, old: bytes, new: bytes) -> Replacement:
        """The replacement of what stands between two expressions, brackets and comments aside."""
        begin, end = self.place(left)[1], self.place(right)[0]
        found = self.data.find(old, begin, end)
        return Replacement(found, found + len(old), new)

    def walk(self) -> Iterator[ast.AST]:
        """Code that runs, in the order of the file: no annotations, docstrings, explanations."""
        yield from _running(self.tree)

    def statements(self) -> Iterator[ast.stmt]:
        """Statements among that."""
        return (node for node in self.walk() if isinstance(node, ast.stmt))

    def renamed(self, names: Mapping[str, Collection[str]]) -> Iterator[Replacement]:
        """Each use of a name or attribute by each of those that could have been meant."""
        for node in self.walk():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                for other in names.get(node.id, ()):
                    yield self.replace(node, other.encode())
            elif isinstance(node, ast.Attribute):
                _, end = self.place(node)
                for other in names.get(node.attr, ()):
                    yield Replacement(end - len(node.attr.encode()), end, other.encode())


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_ignores"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_out(child):
                yield child
                yield from _running(child)


def _is_left_out(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.arguments):
        return True
    if isinstance(node, ast.Assign) and _is_type(node):
        return True
    if isinstance(node, ast.FunctionDef):
        return _explains(node.name)
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return True
    function = value.func if isinstance(value, ast.Call) else None
    return _explains(getattr(function, "attr", getattr(function, "id", "")))


def _explains(name: str) -> bool:
    return name.lstrip("_").partition("_")[0] == EXPLANATION


def _is_type(node: ast.Assign) -> bool:
    """Whether this gives a type another name, or stands for one."""
    target = node.targets[0]
    named = isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()
    function = node.value.func if isinstance(node.value, ast.Call) else None
    is_variable = isinstance(function, ast.Name) and function.id == "TypeVar"
    return named and (is_variable or isinstance(node.value, ast.Subscript | ast.BinOp))


def parse_python(data: bytes) -> PythonSource:
    """The syntax tree of a file."""
    return PythonSource(data, ast.parse(data))
