"""An index into backends, tables or pages that is off by one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

INDEXES = (b"slot", b"index", b"place", b"first", b"backend_slot", b"eligible_first",
           b"maglev_first", b"eligible_count", b"maglev_size")  # fmt: skip


def find(source: CSource) -> Iterator[Replacement]:
    """Values of what is an index by its name."""
    for place in source.walk("init_declarator", "assignment_expression"):
        name = place.field("declarator") or place.field("left")
        value = place.field("value") or place.field("right")
        if name is None or value is None or source.text(name).strip(b"*") not in INDEXES:
            continue
        if value.kind != "initializer_list":
            yield source.replace(value, b"(" + source.text(value) + b") + 1")
    for place in source.walk("field_expression"):
        around = place.parent
        is_operand = around is not None and around.kind in ("binary_expression", "return_statement")
        if is_operand and source.text(place.part("field")) in INDEXES:
            yield source.replace(place, b"(" + source.text(place) + b" + 1)")


OPERATOR = Operator(
    "backend-index",
    "backend index off by one",
    (
        Example(
            "void f(void) { const int slot = selection->where; }",
            "void f(void) { const int slot = (selection->where) + 1; }",
        ),
        Example(
            "int f(void) { return hash % service->maglev_size; }",
            "int f(void) { return hash % (service->maglev_size + 1); }",
        ),
    ),
    find,
)
