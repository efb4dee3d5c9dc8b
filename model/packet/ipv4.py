"""IPv4 (RFC 791)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from model.domain.address import Family
from model.domain.reason import Reason
from model.drop import Drop
from model.packet.view import ETHERNET_LENGTH, Fragment, View
from model.trace import Trace

HEADER: Final = Struct("!BxHHHxBxx4s4s")
HEADER_LENGTH: Final = 20
MORE_FRAGMENTS: Final = 0x2000
OFFSET_MASK: Final = 0x1FFF


def parse(frame: bytes, trace: Trace) -> View:
    """IPv4 header of a frame; the L4 header is not looked at. Drops by PKT-2."""
    if len(frame) < ETHERNET_LENGTH + HEADER_LENGTH:
        raise Drop(Reason.INVALID_HEADER, "PKT-2")
    version, total, identification, fragment, protocol, source, destination = HEADER.unpack_from(
        frame, ETHERNET_LENGTH
    )
    header = (version & 0xF) * 4
    if (
        version >> 4 != Family.IPV4
        or header < HEADER_LENGTH
        or total < header
        or ETHERNET_LENGTH + total > len(frame)
    ):
        raise Drop(Reason.INVALID_HEADER, "PKT-2")
    if header > HEADER_LENGTH:
        trace.note("PKT-3", "IPv4 options skipped", header - HEADER_LENGTH)
    view = View(
        Family.IPV4,
        source,
        destination,
        protocol,
        transport=ETHERNET_LENGTH + header,
        end=ETHERNET_LENGTH + total,
    )
    offset, more = (fragment & OFFSET_MASK) * 8, bool(fragment & MORE_FRAGMENTS)
    if offset or more:
        view.fragment = Fragment(identification, offset, more, protocol)
    return view
