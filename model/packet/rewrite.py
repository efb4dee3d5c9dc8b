"""Address and port translation of a packet or of a quoted one (PKT-8, NAT-2, RFC 3022)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack_into, unpack_from
from typing import Final

from model.domain.address import Address, Family
from model.domain.protocol import ICMPV6, PORT_PROTOCOLS, SCTP, TCP, UDP
from model.packet.checksum import difference, update
from model.packet.view import ETHERNET_LENGTH, View
from model.trace import Trace

IPV4_CHECKSUM: Final = 10
SOURCE_ADDRESS: Final = {Family.IPV4: 12, Family.IPV6: 8}
DESTINATION_ADDRESS: Final = {Family.IPV4: 16, Family.IPV6: 24}
TRANSPORT_CHECKSUM: Final = {TCP: 16, UDP: 6, ICMPV6: 2}
"""Offset of the checksum in L4 headers whose checksum covers the addresses."""

ICMP_CHECKSUM: Final = 2
ETHERNET_ADDRESSES: Final = 12


@dataclass(frozen=True, slots=True)
class Translation:
    """New addresses and ports of a packet; None leaves one as it is."""

    source: Address | None = None
    destination: Address | None = None
    source_port: int | None = None
    destination_port: int | None = None


def translate(
    frame: bytes,
    view: View,
    translation: Translation,
    trace: Trace,
    header: int = ETHERNET_LENGTH,
) -> bytes:
    """The frame with new addresses and ports and its checksums brought up to date.

    `header` is the offset of the IP header that `view` is about. Ports and the L4 checksum of a
    later fragment are in the first one (FRAG-1).
    """
    trace.note("PKT-9", "everything else stays as it is")
    packet = bytearray(frame)
    source, destination = SOURCE_ADDRESS[view.family], DESTINATION_ADDRESS[view.family]
    addresses = replace(packet, header + source, translation.source)
    addresses += replace(packet, header + destination, translation.destination)
    if view.family is Family.IPV4:
        trace.note("PKT-8", "IP checksum updated")
        update_field(packet, header + IPV4_CHECKSUM, addresses)
    if view.is_later_fragment:
        return bytes(packet)
    ports = 0
    if view.protocol in PORT_PROTOCOLS:
        ports += replace(packet, view.transport, port_bytes(translation.source_port))
        ports += replace(packet, view.transport + 2, port_bytes(translation.destination_port))
    update_transport_checksum(packet, view, addresses + ports, trace)
    return bytes(packet)


def port_bytes(port: int | None) -> bytes | None:
    """A port as it stands in a header."""
    return None if port is None else port.to_bytes(2, "big")


def replace(packet: bytearray, offset: int, new: bytes | None) -> int:
    """Write a field; what that adds to a checksum's sum."""
    if new is None:
        return 0
    old = bytes(packet[offset : offset + len(new)])
    packet[offset : offset + len(new)] = new
    return difference(old, new)


def update_field(packet: bytearray, offset: int, change: int) -> int:
    """Bring a checksum in the packet up to date, and return it."""
    checksum: int = unpack_from("!H", packet, offset)[0]
    checksum = update(checksum, change)
    pack_into("!H", packet, offset, checksum)
    return checksum


def update_transport_checksum(packet: bytearray, view: View, change: int, trace: Trace) -> None:
    """Bring the L4 checksum up to date, if a quote holds it (PKT-8, PKT-8a, PKT-8b, NAT-2c)."""
    if view.protocol == SCTP:
        trace.note("PKT-8b", "SCTP's checksum left alone")
    place = TRANSPORT_CHECKSUM.get(view.protocol)
    if place is None:
        return
    offset = view.transport + place
    if offset + 2 > view.end:
        return
    if view.protocol == UDP and packet[offset : offset + 2] == b"\0\0":
        trace.note("PKT-8", "a UDP checksum of 0 stays 0")
        if view.family is Family.IPV6:
            trace.note("PKT-8a", "in IPv6 too")
        return
    trace.note("PKT-8", "L4 checksum updated")
    if update_field(packet, offset, change) == 0 and view.protocol == UDP:
        packet[offset : offset + 2] = b"\xff\xff"


def update_quoting_checksum(frame: bytes, before: bytes, view: View, header: int) -> bytes:
    """The frame with the ICMP checksum brought up to date for a quote that was translated.

    `before` is the frame with the quote as it was; the quote begins at `header`.
    """
    packet = bytearray(frame)
    end = header + (view.end - header) // 2 * 2
    change = difference(before[header:end], frame[header:end])
    update_field(packet, view.transport + ICMP_CHECKSUM, change)
    return bytes(packet)


def swap_ethernet_addresses(frame: bytes) -> bytes:
    """The frame as if sent back (LB-8, LB-11)."""
    half = ETHERNET_ADDRESSES // 2
    return frame[half:ETHERNET_ADDRESSES] + frame[:half] + frame[ETHERNET_ADDRESSES:]
