"""Reads what the headers of a frame say; nothing where they do not make an IP packet."""

from __future__ import annotations

from dataclasses import replace
from struct import unpack_from
from typing import Final

from harness.frames.headers import FragmentFields, Headers
from model.domain.protocol import SCTP, TCP, UDP

ETHERNET: Final = 14
IPV4_TYPE, IPV6_TYPE = b"\x08\x00", b"\x86\xdd"
LENGTHS: Final = {TCP: 20, UDP: 8, SCTP: 12}
ICMP_LENGTH: Final = 8
EXTENSIONS: Final = frozenset({0, 43, 44, 51, 60})
FRAGMENT, AUTHENTICATION = 44, 51


def parse_frame(frame: bytes) -> Headers | None:
    """The headers of an Ethernet frame; lengths that reach beyond it make no packet."""
    if frame[12:14] not in (IPV4_TYPE, IPV6_TYPE):
        return None
    return parse_packet(frame[ETHERNET:], quoted=False)


def parse_packet(data: bytes, *, quoted: bool) -> Headers | None:
    """The headers of an IP packet; a quoted one may be cut short."""
    version = data[0] >> 4 if data else 0
    found = None
    if version == 4:
        found = parse_ipv4(data, quoted=quoted)
    elif version == 6:
        found = parse_ipv6(data, quoted=quoted)
    if found is None:
        return None
    headers, content = found
    return parse_transport(headers, content, quoted=quoted)


def parse_ipv4(data: bytes, *, quoted: bool) -> tuple[Headers, bytes] | None:
    """IPv4, and what is behind its header."""
    if len(data) < 20:
        return None
    length, total = (data[0] & 0xF) * 4, int.from_bytes(data[2:4], "big")
    if length < 20 or total < length or len(data) < (length if quoted else total):
        return None
    identification, place = unpack_from("!HH", data, 4)
    fragment = None
    if place & 0x3FFF:
        fragment = FragmentFields(identification, place & 0x1FFF, bool(place & 0x2000))
    headers = Headers(data[12:16], data[16:20], data[9], fragment=fragment)
    return headers, data[length:total]


def parse_ipv6(data: bytes, *, quoted: bool) -> tuple[Headers, bytes] | None:
    """IPv6, and what is behind its extension headers."""
    if len(data) < 40:
        return None
    end = 40 + int.from_bytes(data[4:6], "big")
    if len(data) < end and not quoted:
        return None
    data = data[:end]
    protocol, at, extensions = data[6], 40, []
    fragment = None
    while protocol in EXTENSIONS and not (fragment and fragment.offset):
        if len(data) < at + 8:
            return None
        if protocol == FRAGMENT:
            place, identification = unpack_from("!HI", data, at + 2)
            fragment = FragmentFields(identification, place >> 3, bool(place & 1))
            length = 8
        else:
            extensions.append(protocol)
            length = extension_length(protocol, data[at + 1])
        protocol, at = data[at], at + length
    headers = Headers(
        data[8:24], data[24:40], protocol, fragment=fragment, extensions=tuple(extensions)
    )
    return headers, data[at:]


def extension_length(kind: int, units: int) -> int:
    """Bytes of an extension header (RFC 8200, RFC 4302)."""
    return (units + 2) * 4 if kind == AUTHENTICATION else (units + 1) * 8


def parse_transport(headers: Headers, content: bytes, *, quoted: bool) -> Headers | None:
    """The headers with what the L4 header says; of a quoted one 8 bytes are enough."""
    if headers.is_later_fragment:
        return replace(headers, payload=len(content))
    if headers.has_ports:
        length = LENGTHS[headers.protocol]
        if len(content) < (8 if quoted else length):
            return None
        source, destination = unpack_from("!HH", content)
        is_tcp = headers.protocol == TCP and len(content) >= 14
        flags = content[13] if is_tcp else 0
        payload = 0 if quoted else len(content) - length
        return replace(
            headers,
            source_port=source,
            destination_port=destination,
            tcp_flags=flags,
            payload=payload,
        )
    if headers.is_icmp:
        return parse_icmp(headers, content)
    return replace(headers, payload=len(content))


def parse_icmp(headers: Headers, content: bytes) -> Headers | None:
    """ICMP, with the packet that an error quotes."""
    if len(content) < ICMP_LENGTH:
        return None
    kind, code, identifier = unpack_from("!BBxxH", content)
    found = replace(headers, icmp_type=kind, icmp_code=code)
    if not found.is_icmp_error:
        return replace(found, identifier=identifier, payload=len(content) - ICMP_LENGTH)
    quote = parse_packet(content[ICMP_LENGTH:], quoted=True)
    return found if quote is None else replace(found, quote=quote)
