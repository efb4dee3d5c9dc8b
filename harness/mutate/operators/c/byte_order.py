"""A conversion between network and host order left out, or made once more."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

CONVERSIONS = (b"network16", b"network32")
PORTS = (b"port", b"source_port", b"destination_port", b"endpoint_port", b"peer_port")


def find(source: CSource) -> Iterator[Replacement]:
    """Conversions dropped; ports converted where they are taken over as they are."""
    for call in source.calls(CONVERSIONS):
        yield source.replace(call, b"(" + source.text(source.arguments(call)[0]) + b")")
    for place in source.walk("assignment_expression"):
        value = place.part("right")
        if value.kind == "field_expression" and source.text(value.part("field")) in PORTS:
            yield source.replace(value, b"network16(" + source.text(value) + b")")


OPERATOR = Operator(
    "byte-order",
    "byte order dropped or doubled",
    (
        Example(
            "int f(void) { return network16(port) == 80; }", "int f(void) { return (port) == 80; }"
        ),
        Example(
            "void f(void) { packet->source_port = ports->port; }",
            "void f(void) { packet->source_port = network16(ports->port); }",
        ),
    ),
    find,
)
