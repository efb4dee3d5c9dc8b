"""Which of two look-ups counts: the longer prefix, the closer rule, the own row."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement


def find(source: CSource) -> Iterator[Replacement]:
    """A second look-up that is always made, or never."""
    for place in source.walk("if_statement"):
        consequence = place.part("consequence")
        if place.field("alternative") is None and b"lookup" in source.text(consequence):
            yield source.replace(place.part("condition"), b"(true)")
            yield source.replace(place, b";")
    for place in source.walk("conditional_expression"):
        alternative = place.field("alternative")
        if alternative is not None and b"lookup" in source.text(alternative):
            yield source.replace(place, source.text(alternative))
            yield source.replace(place, source.text(place.part("consequence")))


OPERATOR = Operator(
    "precedence",
    "prefix or precedence tie",
    (
        Example(
            "void f(void) { if (!peer) peer = prefix_lookup(address, family); }",
            "void f(void) { if (true) peer = prefix_lookup(address, family); }",
        ),
        Example(
            "void *f(void) { return a ? a : service_lookup(b); }",
            "void *f(void) { return service_lookup(b); }",
        ),
    ),
    find,
)
