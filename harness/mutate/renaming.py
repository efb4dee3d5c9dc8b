"""Operators that take one name for another, made from a table of names."""

from __future__ import annotations

from collections.abc import Mapping

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator
from harness.mutate.python_source import PythonSource


def c_renaming(
    name: str, title: str, examples: tuple[Example, ...], names: Mapping[bytes, tuple[bytes, ...]]
) -> Operator[CSource]:
    """An operator on C."""
    return Operator(name, title, examples, lambda source: source.renamed(names))


def python_renaming(
    name: str, title: str, examples: tuple[Example, ...], names: Mapping[str, tuple[str, ...]]
) -> Operator[PythonSource]:
    """An operator on Python."""
    return Operator(name, title, examples, lambda source: source.renamed(names))
