"""IPv6 and its extension headers (RFC 8200, RFC 4302)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from model.domain.address import Family
from model.domain.reason import Reason
from model.drop import Drop
from model.packet.view import ETHERNET_LENGTH, Fragment, View
from model.trace import Trace

HEADER: Final = Struct("!BxxxHBx16s16s")
HEADER_LENGTH: Final = 40
FRAGMENT_HEADER: Final = Struct("!BxHI")

HOP_BY_HOP: Final = 0
ROUTING: Final = 43
FRAGMENT: Final = 44
AUTHENTICATION: Final = 51
DESTINATION_OPTIONS: Final = 60

EXTENSION_HEADERS: Final = frozenset(
    {HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS}
)
MAXIMUM_EXTENSION_HEADERS: Final = 6


def parse(frame: bytes, trace: Trace) -> View:
    """IPv6 header of a frame with its extension headers. Drops by PKT-2 and PKT-3."""
    if len(frame) < ETHERNET_LENGTH + HEADER_LENGTH:
        raise Drop(Reason.INVALID_HEADER, "PKT-2")
    version, payload, protocol, source, destination = HEADER.unpack_from(frame, ETHERNET_LENGTH)
    end = ETHERNET_LENGTH + HEADER_LENGTH + payload
    if version >> 4 != Family.IPV6 or end > len(frame):
        raise Drop(Reason.INVALID_HEADER, "PKT-2")
    view = View(
        Family.IPV6,
        source,
        destination,
        protocol,
        transport=ETHERNET_LENGTH + HEADER_LENGTH,
        end=end,
    )
    if protocol in EXTENSION_HEADERS:
        walk_extension_headers(frame, view, trace)
    return view


def walk_extension_headers(frame: bytes, view: View, trace: Trace) -> None:
    """Move `view` behind the extension headers and note a fragment header (PKT-3).

    A fragment header with an offset ends the walk: what follows is the middle of something. One
    with offset 0 and no more fragments is no fragment at all (FRAG-3).
    """
    for _ in range(MAXIMUM_EXTENSION_HEADERS):
        if view.protocol not in EXTENSION_HEADERS:
            return
        length = extension_header_length(frame, view)
        trace.note("PKT-3", "extension header walked", view.protocol)
        trace.note("PKT-3a", "its length", length)
        if view.transport + length > view.end:
            raise Drop(Reason.INVALID_EXTENSION_HEADER, "PKT-3")
        kind, view.protocol = view.protocol, frame[view.transport]
        if kind == FRAGMENT:
            fragment = parse_fragment_header(frame, view.transport)
            if fragment.offset or fragment.more:
                view.fragment = fragment
            else:
                trace.note("FRAG-3", "a fragment header, and yet a whole packet")
        view.transport += length
        if view.is_later_fragment:
            return
    if view.protocol in EXTENSION_HEADERS:
        raise Drop(Reason.INVALID_EXTENSION_HEADER, "PKT-3")


def extension_header_length(frame: bytes, view: View) -> int:
    """Length in bytes of the extension header that `view` stands at (PKT-3a)."""
    if view.transport + 2 > view.end:
        raise Drop(Reason.INVALID_EXTENSION_HEADER, "PKT-3")
    units = frame[view.transport + 1]
    if view.protocol == FRAGMENT:
        return FRAGMENT_HEADER.size
    if view.protocol == AUTHENTICATION:
        return (units + 2) * 4
    return (units + 1) * 8


def parse_fragment_header(frame: bytes, offset: int) -> Fragment:
    """Fragment header at an offset that is known to fit (RFC 8200, section 4.5)."""
    protocol, place, identification = FRAGMENT_HEADER.unpack_from(frame, offset)
    return Fragment(identification, place & 0xFFF8, bool(place & 1), protocol)
