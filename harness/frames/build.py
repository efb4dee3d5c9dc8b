"""Builds the plainest frame for headers: right lengths and checksums, all else at its default.

The defaults are those of the scenario notation, so that such a frame is a short text.
"""

from __future__ import annotations

from struct import Struct, pack
from typing import Final

from harness.frames.crc32c import crc32c
from harness.frames.headers import Headers
from model.domain.address import Family
from model.domain.event import Hook
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP

GATEWAY: Final = bytes.fromhex("02ff00000001")
ETHERTYPES: Final = {Family.IPV4: b"\x08\x00", Family.IPV6: b"\x86\xdd"}
IPV4: Final = Struct("!BBHHHBBH4s4s")
IPV6: Final = Struct("!IHBB16s16s")
TCP_HEADER: Final = Struct("!HHIIBBHHH")
HOPS: Final = 64
WINDOW: Final = 8192
FRAGMENT: Final = 44
PADDING_OPTION: Final = bytes((1, 4, 0, 0, 0, 0))
OPTIONS_HEADERS: Final = (0, 60)
CHECKSUM_AT: Final = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}


def build_frame(headers: Headers, hook: Hook, interface: int) -> bytes:
    """The Ethernet frame of a packet at a hook of an interface."""
    own = bytes((2, 0)) + interface.to_bytes(4, "big")
    leaving = hook is Hook.FROM_CONTAINER
    link = GATEWAY + own if leaving else own + GATEWAY
    return link + ETHERTYPES[headers.family] + build_packet(headers)


def build_packet(headers: Headers) -> bytes:
    """The IP packet."""
    content = bytes(headers.payload)
    if not headers.is_later_fragment:
        content = transport(headers)
    return ipv4(headers, content) if headers.family is Family.IPV4 else ipv6(headers, content)


def ipv4(headers: Headers, content: bytes) -> bytes:
    """IPv4 around its content (RFC 791)."""
    identification, place = 1, 0
    if headers.fragment is not None:
        identification = headers.fragment.identification & 0xFFFF
        place = headers.fragment.offset | (0x2000 if headers.fragment.more else 0)
    fields = (0x45, 0, 20 + len(content), identification, place, HOPS, headers.protocol)
    ends = headers.source, headers.destination
    checksum = internet_checksum(IPV4.pack(*fields, 0, *ends))
    return IPV4.pack(*fields, checksum, *ends) + content


def ipv6(headers: Headers, content: bytes) -> bytes:
    """IPv6 and its extension headers around its content (RFC 8200)."""
    following = headers.protocol
    if headers.fragment is not None:
        piece = headers.fragment
        place = piece.offset << 3 | piece.more
        content = pack("!BxHI", following, place, piece.identification) + content
        following = FRAGMENT
    for kind in reversed(headers.extensions):
        options = PADDING_OPTION if kind in OPTIONS_HEADERS else bytes(6)
        content = bytes((following, 0)) + options + content
        following = kind
    ends = headers.source, headers.destination
    return IPV6.pack(6 << 28, len(content), following, HOPS, *ends) + content


def transport(headers: Headers) -> bytes:
    """The L4 header and what is behind it, its checksum right."""
    ports = pack("!HH", headers.source_port, headers.destination_port)
    payload = bytes(headers.payload)
    if headers.protocol == TCP:
        fields = (headers.source_port, headers.destination_port, 0, 0, 5 << 4)
        content = TCP_HEADER.pack(*fields, headers.tcp_flags, WINDOW, 0, 0) + payload
    elif headers.protocol == UDP:
        content = ports + pack("!HH", 8 + len(payload), 0) + payload
    elif headers.protocol == SCTP:
        return with_crc(ports + bytes(8) + payload)
    elif headers.is_icmp:
        rest = pack("!HH", headers.identifier, 0)
        quote = build_packet(headers.quote) if headers.quote is not None else b""
        content = bytes((headers.icmp_type, headers.icmp_code, 0, 0)) + rest + quote + payload
    else:
        return payload
    return with_checksum(headers, content)


def with_checksum(headers: Headers, content: bytes) -> bytes:
    """The content with its Internet checksum; a UDP checksum of 0 is sent as 0xffff."""
    pseudo = b""
    if headers.protocol != ICMP:
        ends = headers.source + headers.destination
        pseudo = ends + pack("!II", len(content), headers.protocol)
    checksum = internet_checksum(pseudo + content)
    if headers.protocol == UDP and checksum == 0:
        checksum = 0xFFFF
    at = CHECKSUM_AT[headers.protocol]
    return content[:at] + checksum.to_bytes(2, "big") + content[at + 2 :]


def with_crc(content: bytes) -> bytes:
    """An SCTP packet with its checksum (RFC 9260, appendix A)."""
    return content[:8] + crc32c(content) + content[12:]


def internet_checksum(data: bytes) -> int:
    """The checksum of RFC 1071."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(Struct(f"!{len(padded) // 2}H").unpack(padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
