"""L4 headers: TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ICMP (RFC 792), ICMPv6 (RFC 4443)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from model.domain.address import Family
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP, icmp_port
from model.domain.reason import Reason
from model.drop import Drop
from model.packet.view import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, View
from model.trace import Trace

PORTS: Final = Struct("!HH")
ICMP_HEADER: Final = Struct("!BBxxH")

MINIMUM_LENGTH: Final = {TCP: 20, UDP: 8, SCTP: 12, ICMP: 8, ICMPV6: 8}

VALID_TCP_FLAGS: Final = frozenset(
    {
        SYN,
        SYN | URG,
        SYN | ACK,
        RST,
        RST | ACK,
        FIN | ACK,
        FIN | ACK | URG,
        ACK,
        ACK | URG,
    }
)
UNCHECKED_TCP_FLAGS: Final = ECE | CWR | PSH

ICMP_PROTOCOL: Final = {Family.IPV4: ICMP, Family.IPV6: ICMPV6}
ECHO_REQUEST: Final = {Family.IPV4: icmp_port(8, 0), Family.IPV6: icmp_port(128, 0)}
ECHO_REPLY: Final = {Family.IPV4: icmp_port(0, 0), Family.IPV6: icmp_port(129, 0)}
ECHO_TYPES: Final = {Family.IPV4: frozenset({8, 0}), Family.IPV6: frozenset({128, 129})}
ERROR_TYPES: Final = {Family.IPV4: frozenset({3, 11, 12}), Family.IPV6: frozenset({1, 2, 3, 4})}
NEIGHBOUR_DISCOVERY_TYPES: Final = range(133, 138)


def is_icmp(view: View) -> bool:
    """Whether this is the ICMP of its own family (PKT-4)."""
    return view.protocol == ICMP_PROTOCOL[view.family]


def is_icmp_error(view: View) -> bool:
    """Whether this is an ICMP error (CT-9)."""
    return is_icmp(view) and view.destination_port >> 8 in ERROR_TYPES[view.family]


def is_neighbour_discovery(view: View) -> bool:
    """Whether this is IPv6 neighbour discovery (PKT-1, RFC 4861)."""
    return (
        view.family is Family.IPV6
        and view.protocol == ICMPV6
        and view.destination_port >> 8 in NEIGHBOUR_DISCOVERY_TYPES
    )


def parse(frame: bytes, view: View, trace: Trace) -> None:
    """Read ports and flags into `view`. Drops by PKT-5 and PKT-6.

    A first fragment whose header does not fit is dropped as FRAG-3 says. A later fragment has no
    L4 header to read.
    """
    protocol = view.protocol
    if view.fragment is not None and view.fragment.offset:
        if protocol == TCP and view.fragment.offset < MINIMUM_LENGTH[TCP]:
            raise Drop(Reason.INVALID_FRAGMENT, "FRAG-3")
        return
    length = MINIMUM_LENGTH.get(protocol)
    if length is None or (protocol in (ICMP, ICMPV6) and not is_icmp(view)):
        trace.note("PKT-4", "no ports in protocol", protocol)
        return
    if view.transport + length > view.end:
        raise does_not_fit(view)
    trace.note("PKT-4", "ports as of protocol", protocol)
    if protocol in (ICMP, ICMPV6):
        read_icmp(frame, view)
        return
    view.source_port, view.destination_port = PORTS.unpack_from(frame, view.transport)
    if protocol == TCP:
        read_tcp(frame, view)


def does_not_fit(view: View) -> Drop:
    """Drop for an L4 header that is cut short."""
    if view.fragment is not None:
        return Drop(Reason.INVALID_FRAGMENT, "FRAG-3")
    return Drop(Reason.INVALID_L4_HEADER, "PKT-5")


def read_icmp(frame: bytes, view: View) -> None:
    """Type, code and identifier in the places of ports (CT-8, CT-8a)."""
    icmp_type, code, identifier = ICMP_HEADER.unpack_from(frame, view.transport)
    view.destination_port = icmp_port(icmp_type, code)
    view.source_port = identifier if icmp_type in ECHO_TYPES[view.family] else 0


def read_tcp(frame: bytes, view: View) -> None:
    """Data offset and flags (PKT-5, PKT-6)."""
    header = (frame[view.transport + 12] >> 4) * 4
    if header < MINIMUM_LENGTH[TCP]:
        raise Drop(Reason.INVALID_L4_HEADER, "PKT-5")
    if view.transport + header > view.end:
        raise does_not_fit(view)
    view.tcp_flags = frame[view.transport + 13]
    if view.tcp_flags & ~UNCHECKED_TCP_FLAGS & 0xFF not in VALID_TCP_FLAGS:
        raise Drop(Reason.INVALID_TCP_FLAGS, "PKT-6")
