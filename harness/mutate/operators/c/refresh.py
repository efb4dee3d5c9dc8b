"""A refresh that is skipped, or made where it should not be."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource, Place
from harness.mutate.operator import Example, Operator, Replacement

REFRESHED = (
    b"expires",
    b"last_use",
    b"policy_revision",
    b"service_revision",
    b"begin",
    b"used",
    b"suppressed",
    b"opener_packets",
    b"opener_bytes",
    b"packets",
    b"bytes",
)


def is_refresh(source: CSource, place: Place) -> bool:
    """Whether a statement writes something that packets renew."""
    if place.kind != "expression_statement" or not place.children:
        return False
    expression = place.children[0]
    if expression.kind not in ("assignment_expression", "update_expression"):
        return False
    target = expression.field("left") or expression.field("argument")
    name = None if target is None else target.field("field")
    return name is not None and source.text(name) in REFRESHED


def find(source: CSource) -> Iterator[Replacement]:
    """Refreshes left out; the conditions on which one depends taken for met."""
    for place in source.walk("expression_statement"):
        if is_refresh(source, place):
            yield source.replace(place, b";")
    for place in source.walk("if_statement"):
        if is_refresh(source, place.part("consequence")):
            yield source.replace(place.part("condition"), b"(true)")


OPERATOR = Operator(
    "refresh",
    "refresh skipped or added",
    (
        Example("void f(void) { flow->expires = now + 1; }", "void f(void) { ; }"),
        Example(
            "void f(void) { if (!closed) flow->expires = now; }",
            "void f(void) { if (true) flow->expires = now; }",
        ),
    ),
    find,
)
