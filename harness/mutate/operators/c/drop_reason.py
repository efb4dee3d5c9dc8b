"""Another reason for a drop, or a drop that is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

DROPS = tuple(
    b"REASON_" + name
    for name in (
        b"UNKNOWN_L3",
        b"INVALID_HEADER",
        b"INVALID_EXTENSION_HEADER",
        b"INVALID_L4_HEADER",
        b"INVALID_TCP_FLAGS",
        b"UNKNOWN_ENDPOINT",
        b"INVALID_SOURCE",
        b"MID_STREAM",
        b"CONNTRACK_CREATE_FAILED",
        b"NO_SERVICE",
        b"NO_BACKEND",
        b"UNSUPPORTED",
        b"NO_TRANSLATION_DATA",
        b"TUPLE_CLASH",
        b"POLICY_DENIED",
        b"POLICY_REVOKED",
        b"FRAGMENT_NOT_FOUND",
        b"INVALID_FRAGMENT",
        b"REWRITE_FAILED",
    )
)


def find(source: CSource) -> Iterator[Replacement]:
    """Each reason by the next one, and by 0: go on."""
    for place in source.walk("identifier"):
        name = source.text(place)
        if name in DROPS:
            yield source.replace(place, DROPS[(DROPS.index(name) + 1) % len(DROPS)])
            yield source.replace(place, b"0")


OPERATOR = Operator(
    "drop-reason",
    "drop reason changed, or swallowed",
    (
        Example(
            "int f(void) { return REASON_INVALID_SOURCE; }",
            "int f(void) { return REASON_MID_STREAM; }",
        ),
        Example("int f(void) { return REASON_INVALID_SOURCE; }", "int f(void) { return 0; }"),
    ),
    find,
)
