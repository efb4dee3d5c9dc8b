"""A number that is one too many; true for false."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

TRUTH = {b"true": b"false", b"false": b"true"}


def find(source: CSource) -> Iterator[Replacement]:
    """Each number and truth value once."""
    for place in source.walk("number_literal"):
        yield source.replace(place, b"(" + source.text(place) + b" + 1)")
    for place in source.walk("true", "false"):
        yield source.replace(place, TRUTH[source.text(place)])


OPERATOR = Operator(
    "constant",
    "constant changed",
    (
        Example("int f(void) { return a >> 4; }", "int f(void) { return a >> (4 + 1); }"),
        Example("#define LIMIT 6\n", "#define LIMIT (6 + 1)\n"),
        Example("void f(void) { known = true; }", "void f(void) { known = false; }"),
    ),
    find,
)
