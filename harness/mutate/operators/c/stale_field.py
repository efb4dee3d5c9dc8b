"""A field that keeps what the packet or flow before has left in it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

EMPTY = (b"0", b"false", b"NULL", b"{}")


def find(source: CSource) -> Iterator[Replacement]:
    """Statements that clear something, and fields of initializers."""
    for place in source.walk("expression_statement"):
        expression = place.children[0] if place.children else None
        if expression is None:
            continue
        if expression.kind == "assignment_expression":
            value = expression.part("right")
            if source.text(value) in EMPTY or value.kind == "compound_literal_expression":
                yield source.replace(place, b";")
        elif source.text(expression).startswith((b"entry_value_clear", b"__builtin_memset")):
            yield source.replace(place, b";")
    for place in source.walk("initializer_pair"):
        end = place.end + (source.data[place.end : place.end + 1] == b",")
        yield Replacement(place.begin, end, b"")


OPERATOR = Operator(
    "stale-field",
    "stale field kept, or field not filled in",
    (
        Example("void f(void) { key->padding = 0; }", "void f(void) { ; }"),
        Example(
            "void f(void) { struct a b = { .kind = 1, .size = 2 }; }",
            "void f(void) { struct a b = {  .size = 2 }; }",
        ),
    ),
    find,
)
