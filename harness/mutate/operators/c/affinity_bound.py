"""An affinity that lasts a nanosecond more, or for every service."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement


def find(source: CSource) -> Iterator[Replacement]:
    """The timeout where it is added to the last use, or handed on."""
    for place in source.walk("binary_expression"):
        if source.text(place.part("left")).endswith(b"last_use"):
            yield source.replace(place, source.text(place) + b" + 1")
            yield source.replace(place, source.text(place.part("left")))
    for place in source.walk("field_expression"):
        if source.text(place.part("field")) == b"affinity_timeout":
            yield source.replace(place, b"(" + source.text(place) + b" + 1)")


OPERATOR = Operator(
    "affinity-bound",
    "affinity's bound off by one",
    (
        Example(
            "int f(void) { return now < affinity->last_use + timeout; }",
            "int f(void) { return now < affinity->last_use + timeout + 1; }",
        ),
        Example(
            "int f(void) { return find(service->affinity_timeout); }",
            "int f(void) { return find((service->affinity_timeout + 1)); }",
        ),
    ),
    find,
)
