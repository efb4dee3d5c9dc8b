"""Changes to frames that keep their checksums right, or as wrong as they were (RFC 1624)."""

from __future__ import annotations

from typing import Final, NamedTuple

from model.domain.address import Family
from model.domain.protocol import ICMP, ICMPV6, PORT_PROTOCOLS, TCP, UDP

ETHERNET: Final = 14
IPV4: Final = b"\x08\x00"
IPV6: Final = b"\x86\xdd"
IPV4_BYTES: Final = 20
IPV6_BYTES: Final = 40
SHORTEST_TRANSPORT: Final = 8
TCP_FLAGS: Final = 13
TCP_CHECKSUM: Final = 16
TCP_BYTES: Final = 20
UDP_CHECKSUM: Final = 6
ECHOES: Final = {ICMP: {8: 0, 0: 8}, ICMPV6: {128: 129, 129: 128}}
"""Echo request and reply, each by the other (RFC 792, RFC 4443)."""


class Parts(NamedTuple):
    """Where things are in a frame; `transport` is the offset of what follows the IP header."""

    family: Family
    protocol: int
    transport: int


def parts_of(frame: bytes) -> Parts | None:
    """Parts of an IP frame whose L4 header comes right behind an IP header; None for others."""
    kind = frame[12:14]
    if kind == IPV4 and len(frame) >= ETHERNET + IPV4_BYTES + SHORTEST_TRANSPORT:
        transport = ETHERNET + (frame[14] & 0xF) * 4
        if frame[20] & 0x3F or len(frame) < transport + SHORTEST_TRANSPORT:
            return None  # a fragment, or cut
        return Parts(Family.IPV4, frame[23], transport)
    if kind == IPV6 and len(frame) >= ETHERNET + IPV6_BYTES + SHORTEST_TRANSPORT:
        return Parts(Family.IPV6, frame[20], ETHERNET + IPV6_BYTES)
    return None


def answer(frame: bytes) -> bytes | None:
    """The frame that goes the other way: both ends swapped. No sum changes by that.

    An echo request becomes its reply. None where nothing would be answered so.
    """
    parts = parts_of(frame)
    if parts is None:
        return None
    family, protocol, at = parts
    first, middle, last = (26, 30, 34) if family is Family.IPV4 else (22, 38, 54)
    ends = frame[middle:last] + frame[first:middle]
    swapped = frame[6:12] + frame[:6] + frame[12:first] + ends + frame[last:]
    if protocol in PORT_PROTOCOLS:
        ports = frame[at + 2 : at + 4] + frame[at : at + 2]
        return swapped[:at] + ports + swapped[at + 4 :]
    if protocol in ECHOES and frame[at] in ECHOES[protocol]:
        return with_byte(swapped, at, ECHOES[protocol][frame[at]], at, at + 2)
    return None


def with_tcp_flags(frame: bytes, flags: int) -> bytes:
    """The same TCP segment with other flags."""
    parts = parts_of(frame)
    if parts is None or parts.protocol != TCP or len(frame) < parts.transport + TCP_BYTES:
        return frame
    at = parts.transport
    return with_byte(frame, at + TCP_FLAGS, flags, at, at + TCP_CHECKSUM)


def tcp_flags(frame: bytes) -> int:
    """Flags of a TCP segment, 0 for other frames."""
    parts = parts_of(frame)
    if parts is None or parts.protocol != TCP or len(frame) < parts.transport + TCP_BYTES:
        return 0
    return frame[parts.transport + TCP_FLAGS]


def without_udp_checksum(frame: bytes) -> bytes:
    """The same datagram without a checksum (RFC 768, RFC 6935); other frames as they are."""
    parts = parts_of(frame)
    if parts is None or parts.protocol != UDP:
        return frame
    at = parts.transport + UDP_CHECKSUM
    return frame[:at] + bytes(2) + frame[at + 2 :]


def with_byte(frame: bytes, at: int, value: int, begin: int, checksum_at: int) -> bytes:
    """The frame with another byte; the checksum covers what begins at `begin`."""
    changed = bytearray(frame)
    weight = 1 if (at - begin) & 1 else 256
    checksum = int.from_bytes(frame[checksum_at : checksum_at + 2], "big")
    total = 0xFFFF - checksum + (value - frame[at]) * weight
    total = total % 0xFFFF or 0xFFFF
    changed[at] = value
    changed[checksum_at : checksum_at + 2] = (0xFFFF - total).to_bytes(2, "big")
    return bytes(changed)


def destination_of(frame: bytes) -> bytes:
    """Destination address of an IP frame; empty for others."""
    kind = frame[12:14]
    if kind == IPV4:
        return frame[30:34]
    return frame[38:54] if kind == IPV6 else b""
