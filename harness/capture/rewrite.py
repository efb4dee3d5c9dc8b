"""Puts other addresses into a captured frame where a mapping asks for it.

Checksums are updated by what changes (RFC 1624, equation 3), never computed anew, so that a
checksum that was wrong in the capture is wrong in the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.capture.header import (
    CHECKSUM_OFFSETS,
    IpHeader,
    find_ip_header,
    ipv4_header,
    ipv6_header,
)
from model.domain.address import Address
from model.domain.protocol import ICMP, ICMPV6, UDP

ICMP_ERRORS: Final = {ICMP: frozenset({3, 11, 12}), ICMPV6: frozenset({1, 2, 3, 4})}
ICMP_HEADER_LENGTH: Final = 8

Translations = Mapping[Address, Address]


def rewrite(frame: bytes, translations: Translations) -> bytes:
    """The frame with its addresses translated, those of a packet that it quotes included."""
    header = find_ip_header(frame)
    if header is None or not translations:
        return frame
    data = bytearray(frame)
    rewrite_packet(data, header, translations, quoted=False)
    return bytes(data)


def rewrite_packet(
    data: bytearray, header: IpHeader, translations: Translations, *, quoted: bool
) -> None:
    """Translate one packet in place."""
    source, destination = header.sides
    old = bytes(data[source.start : destination.stop])
    for side in header.sides:
        address = bytes(data[side])
        data[side] = translations.get(address, address)
    new = bytes(data[source.start : destination.stop])
    if header.version == 4:
        update_checksum(data, header.start + 10, old, new)
    if header.l4 is None:
        return
    at = header.l4 + CHECKSUM_OFFSETS.get(header.protocol, len(data))
    if header.protocol != ICMP and not (header.protocol == UDP and data[at : at + 2] == b"\0\0"):
        update_checksum(data, at, old, new)
        if header.protocol == UDP and data[at : at + 2] == b"\0\0":
            data[at : at + 2] = b"\xff\xff"
    if not quoted:
        rewrite_quote(data, header, header.l4, translations)


def rewrite_quote(data: bytearray, header: IpHeader, l4: int, translations: Translations) -> None:
    """Translate the packet that an ICMP error quotes, and mend the error's checksum."""
    errors = ICMP_ERRORS.get(header.protocol)
    start = l4 + ICMP_HEADER_LENGTH
    if errors is None or len(data) <= start or data[l4] not in errors:
        return
    find = ipv4_header if header.version == 4 else ipv6_header
    quote = find(bytes(data), start)
    if quote is None:
        return
    old = bytes(data[start:])
    rewrite_packet(data, quote, translations, quoted=True)
    at = l4 + CHECKSUM_OFFSETS[header.protocol]
    update_checksum(data, at, old, bytes(data[start:]))


def update_checksum(data: bytearray, at: int, old: bytes, new: bytes) -> None:
    """Update a checksum for bytes that have changed; nothing where it is not there."""
    if at + 2 > len(data) or old == new:
        return
    total = ~int.from_bytes(data[at : at + 2], "big") & 0xFFFF
    for before, after in zip(words(old), words(new), strict=True):
        total += (~before & 0xFFFF) + after
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    data[at : at + 2] = (~total & 0xFFFF).to_bytes(2, "big")


def words(data: bytes) -> list[int]:
    """16-bit words, the last one filled up."""
    padded = data + bytes(len(data) % 2)
    return [int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2)]
