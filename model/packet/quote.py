"""The packet that an ICMP error quotes (RFC 792, RFC 4443), as much of it as there is."""

from __future__ import annotations

from typing import Final

from model.domain.address import Family
from model.domain.protocol import PORT_PROTOCOLS
from model.drop import Drop
from model.packet import ipv4, ipv6
from model.packet.transport import PORTS, is_icmp, is_icmp_error, read_icmp
from model.packet.view import Fragment, View
from model.trace import Trace

ICMP_HEADER_LENGTH: Final = 8
MINIMUM_TRANSPORT: Final = 8


def parse(frame: bytes, error: View, trace: Trace) -> View | None:
    """View of the quoted packet, offsets in the frame; None where none can be told (CT-9, CT-9b).

    The quote ends where the error ends; lengths in the quoted header are not looked at.
    """
    begin, end = header_begin(error), error.end
    if error.family is Family.IPV4:
        quoted = parse_ipv4(frame, begin, end, trace)
    else:
        quoted = parse_ipv6(frame, begin, end, trace)
    if quoted is None:
        trace.note("CT-9", "quotes no IP header")
        return None
    if quoted.is_later_fragment:
        trace.note("CT-9b", "quotes a later fragment")
        return None
    if quoted.transport + MINIMUM_TRANSPORT > quoted.end:
        trace.note("CT-9", "quotes less than 8 bytes behind the IP header")
        return None
    if is_icmp(quoted):
        read_icmp(frame, quoted)
        if is_icmp_error(quoted):
            trace.note("CT-9b", "quotes an ICMP error")
            return None
        return quoted
    if quoted.protocol in PORT_PROTOCOLS:
        quoted.source_port, quoted.destination_port = PORTS.unpack_from(frame, quoted.transport)
    return quoted


def parse_ipv4(frame: bytes, begin: int, end: int, trace: Trace) -> View | None:
    """Quoted IPv4 header."""
    if begin + ipv4.HEADER_LENGTH > end:
        return None
    version, total, identification, fragment, protocol, source, destination = (
        ipv4.HEADER.unpack_from(frame, begin)
    )
    length = (version & 0xF) * 4
    if version >> 4 != Family.IPV4 or length < ipv4.HEADER_LENGTH or begin + length > end:
        return None
    if begin + total != end:
        trace.note("CT-9b", "the quoted length is not looked at", total)
    view = View(Family.IPV4, source, destination, protocol, begin + length, end)
    if fragment & ipv4.OFFSET_MASK:
        offset = (fragment & ipv4.OFFSET_MASK) * 8
        view.fragment = Fragment(identification, offset, more=False, protocol=protocol)
    return view


def parse_ipv6(frame: bytes, begin: int, end: int, trace: Trace) -> View | None:
    """Quoted IPv6 header with its extension headers."""
    if begin + ipv6.HEADER_LENGTH > end:
        return None
    version, payload, protocol, source, destination = ipv6.HEADER.unpack_from(frame, begin)
    if version >> 4 != Family.IPV6:
        return None
    if begin + ipv6.HEADER_LENGTH + payload != end:
        trace.note("CT-9b", "the quoted length is not looked at", payload)
    if protocol in ipv6.EXTENSION_HEADERS:
        trace.note("CT-9b", "extension headers walked as far as the quote goes")
    view = View(Family.IPV6, source, destination, protocol, begin + ipv6.HEADER_LENGTH, end)
    try:
        ipv6.walk_extension_headers(frame, view, trace)
    except Drop:
        return None
    return view


def header_begin(error: View) -> int:
    """Offset of the quoted IP header in the frame."""
    return error.transport + ICMP_HEADER_LENGTH
