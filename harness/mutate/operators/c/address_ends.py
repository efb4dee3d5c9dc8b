"""Source and destination swapped, endpoint and peer swapped: in keys, tuples and headers."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import NAMES, CSource, Place
from harness.mutate.operator import Example, Operator, Replacement

OPPOSITE = {
    b"source": b"destination",
    b"destination": b"source",
    b"END_SOURCE": b"END_DESTINATION",
    b"END_DESTINATION": b"END_SOURCE",
}
ENDPOINT, PEER = b"context->endpoint_address", b"peer_address"


def find(source: CSource) -> Iterator[Replacement]:
    """Names of ends that are used, and what gives an end's address."""
    for place in source.walk(*NAMES):
        if source.text(place) in OPPOSITE and not is_declared(place):
            yield source.replace(place, OPPOSITE[source.text(place)])
    for place in source.walk("field_expression"):
        if source.text(place) == ENDPOINT:
            peer = PEER + b"(context->tuple, " + family_of(source, place) + b")"
            yield source.replace(place, peer)
    for call in source.calls((PEER,)):
        yield source.replace(call, ENDPOINT)


def is_declared(place: Place) -> bool:
    """Whether a name is a variable's where it is declared."""
    around = place.parent
    return around is not None and around.kind in ("init_declarator", "pointer_declarator")


def family_of(source: CSource, call: Place) -> bytes:
    """The family that the code around a call is for."""
    around: Place | None = call
    while around is not None and around.kind != "compound_statement":
        around = around.parent
    while around is not None and around.kind != "function_definition":
        around = around.parent
    head = b"" if around is None else source.text(around).partition(b"{")[0]
    if b"enum family family" in head:
        return b"family"
    return b"FAMILY_IPV6" if b"ipv6" in head else b"FAMILY_IPV4"


OPERATOR = Operator(
    "address-ends",
    "source and destination, or endpoint and peer, swapped",
    (
        Example(
            "void f(void) { address_copy(to, ip->source, family); }",
            "void f(void) { address_copy(to, ip->destination, family); }",
        ),
        Example(
            "void f(const enum family family) { g(context->endpoint_address); }",
            "void f(const enum family family) { g(peer_address(context->tuple, family)); }",
        ),
    ),
    find,
)
