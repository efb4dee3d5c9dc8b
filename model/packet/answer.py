"""Packets that the datapath makes itself: RST and port unreachable (LB-8a, LB-8b, LB-8c)."""

from __future__ import annotations

from struct import pack, unpack_from
from typing import Final

from model.domain.address import Address, Family
from model.domain.protocol import ICMP, ICMPV6, TCP
from model.packet import ipv6
from model.packet.checksum import ALL_ONES, fold, words
from model.packet.ipv4 import HEADER_LENGTH
from model.packet.view import ACK, ETHERNET_LENGTH, RST, View

HOP_LIMIT: Final = 64
DO_NOT_FRAGMENT: Final = 0x4000
QUOTED_IPV4_PAYLOAD: Final = 8
MINIMUM_IPV6_MTU: Final = 1280
ICMP_HEADER_LENGTH: Final = 8
PORT_UNREACHABLE: Final = {Family.IPV4: (3, 3), Family.IPV6: (1, 4)}


def reset(frame: bytes, view: View) -> bytes:
    """The IP packet with an RST that answers a TCP segment (RFC 9293, 3.10.7.1)."""
    sequence, acknowledgement = unpack_from("!II", frame, view.transport + 4)
    if view.tcp_flags & ACK:
        sequence, acknowledgement, flags = acknowledgement, 0, RST
    else:
        acknowledgement = sequence + segment_length(frame, view) & 0xFFFFFFFF
        sequence, flags = 0, RST | ACK
    ports = view.destination_port, view.source_port
    segment = pack("!HHIIBBHHH", *ports, sequence, acknowledgement, 5 << 4, flags, 0, 0, 0)
    segment = with_checksum(segment, 16, view, TCP)
    return ip_header(view, TCP, len(segment)) + segment


def segment_length(frame: bytes, view: View) -> int:
    """Sequence numbers that one without ACK takes: its data, and one for SYN (PKT-6)."""
    return view.end - view.transport - (frame[view.transport + 12] >> 4) * 4 + 1


def port_unreachable(frame: bytes, view: View) -> bytes:
    """The IP packet with an ICMP error that answers a packet (RFC 792; RFC 4443, 3.1)."""
    quoted = frame[ETHERNET_LENGTH : view.end]
    if view.family is Family.IPV4:
        header = view.transport - ETHERNET_LENGTH
        quoted, protocol = quoted[: header + QUOTED_IPV4_PAYLOAD], ICMP
    else:
        room = MINIMUM_IPV6_MTU - ipv6.HEADER_LENGTH - ICMP_HEADER_LENGTH
        quoted, protocol = quoted[:room], ICMPV6
    kind, code = PORT_UNREACHABLE[view.family]
    message = pack("!BBHI", kind, code, 0, 0) + quoted
    message = with_checksum(message, 2, view, protocol)
    return ip_header(view, protocol, len(message)) + message


def ip_header(view: View, protocol: int, length: int) -> bytes:
    """Header of an answer with a payload of `length` bytes (LB-8c)."""
    source, destination = view.destination, view.source
    if view.family is Family.IPV6:
        return pack("!IHBB", 6 << 28, length, protocol, HOP_LIMIT) + source + destination
    start = pack(
        "!BBHHHBB", 0x45, 0, HEADER_LENGTH + length, 0, DO_NOT_FRAGMENT, HOP_LIMIT, protocol
    )
    return start + pack("!H", checksum(start + source + destination)) + source + destination


def with_checksum(message: bytes, place: int, view: View, protocol: int) -> bytes:
    """An answer's L4 message with its checksum, pseudo-header included but for ICMP (RFC 9293)."""
    covered = message
    if protocol != ICMP:
        covered = pseudo_header(view.source, view.destination, protocol, len(message)) + message
    return message[:place] + pack("!H", checksum(covered)) + message[place + 2 :]


def pseudo_header(source: Address, destination: Address, protocol: int, length: int) -> bytes:
    """What a checksum covers beside the message (RFC 9293, 3.1; RFC 8200, 8.1)."""
    return source + destination + pack("!II", length, protocol)


def checksum(data: bytes) -> int:
    """Internet checksum of data whose checksum field is 0 (RFC 1071)."""
    return ALL_ONES - fold(sum(words(data + bytes(len(data) % 2))))
