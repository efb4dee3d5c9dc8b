"""A timeout that is a nanosecond off, or that of another state."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

TIMEOUTS = (
    b"tcp_opening_timeout",
    b"tcp_established_timeout",
    b"tcp_closing_timeout",
    b"other_timeout",
    b"fragment_timeout",
)


def find(source: CSource) -> Iterator[Replacement]:
    """Configured timeouts, and the names and length of seconds."""
    for place in source.walk("field_expression"):
        name = source.text(place.part("field"))
        if name not in TIMEOUTS:
            continue
        yield source.replace(place, b"(" + source.text(place) + b" + 1)")
        following = TIMEOUTS[(TIMEOUTS.index(name) + 1) % len(TIMEOUTS)]
        yield source.replace(place.part("field"), following)
    for place in source.walk("identifier"):
        if source.text(place) == b"SECOND":
            yield source.replace(place, b"(SECOND - 1)")
            yield source.replace(place, b"(SECOND + 1)")


OPERATOR = Operator(
    "timeout",
    "timeout constant off by one, or another state's",
    (
        Example(
            "long f(void) { return configuration->tcp_closing_timeout; }",
            "long f(void) { return (configuration->tcp_closing_timeout + 1); }",
        ),
        Example(
            "long f(void) { return configuration->tcp_closing_timeout; }",
            "long f(void) { return configuration->other_timeout; }",
        ),
    ),
    find,
)
