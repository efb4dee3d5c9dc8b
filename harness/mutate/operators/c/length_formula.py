"""Lengths and offsets of headers computed wrongly."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource, Place
from harness.mutate.operator import Example, Operator, Replacement

MEASURES = (b"length", b"offset", b"end", b"quoted", b"header", b"size", b"place")


def find(source: CSource) -> Iterator[Replacement]:
    """Sizes that are a byte off where lengths are made of them; numbers in length formulas."""
    for place in source.walk("binary_expression"):
        if not any(name in source.text(place) for name in MEASURES):
            continue
        for side in ("left", "right"):
            operand = place.part(side)
            if operand.kind == "sizeof_expression" or is_limit(source, operand):
                yield source.replace(operand, b"(" + source.text(operand) + b" + 1)")
                yield source.replace(operand, b"(" + source.text(operand) + b" - 1)")


def is_limit(source: CSource, place: Place) -> bool:
    """Whether this is a length by name."""
    text = source.text(place)
    return place.kind == "identifier" and text.isupper() and text.endswith((b"LENGTH", b"LIMIT"))


OPERATOR = Operator(
    "length-formula",
    "length or offset formula wrong",
    (
        Example(
            "int f(void) { return offset + sizeof(*ip) > end; }",
            "int f(void) { return offset + (sizeof(*ip) + 1) > end; }",
        ),
        Example(
            "int f(void) { return ETHERNET_LENGTH + length > end; }",
            "int f(void) { return (ETHERNET_LENGTH - 1) + length > end; }",
        ),
    ),
    find,
)
