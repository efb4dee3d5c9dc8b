"""Address and port translation of a packet (PKT-8, RFC 3022)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack_into, unpack_from
from typing import Final

from model.domain.address import Address, Family
from model.domain.protocol import ICMPV6, PORT_PROTOCOLS, TCP, UDP
from model.packet.checksum import difference, update
from model.packet.view import ETHERNET_LENGTH, View

IPV4_CHECKSUM: Final = ETHERNET_LENGTH + 10
SOURCE_ADDRESS: Final = {Family.IPV4: ETHERNET_LENGTH + 12, Family.IPV6: ETHERNET_LENGTH + 8}
DESTINATION_ADDRESS: Final = {Family.IPV4: ETHERNET_LENGTH + 16, Family.IPV6: ETHERNET_LENGTH + 24}
TRANSPORT_CHECKSUM: Final = {TCP: 16, UDP: 6, ICMPV6: 2}
"""Offset of the checksum in L4 headers whose checksum covers the addresses."""


@dataclass(frozen=True, slots=True)
class Translation:
    """New addresses and ports of a packet; None leaves one as it is."""

    source: Address | None = None
    destination: Address | None = None
    source_port: int | None = None
    destination_port: int | None = None


def translate(frame: bytes, view: View, translation: Translation) -> bytes:
    """The frame with new addresses and ports and its checksums brought up to date.

    Ports and the L4 checksum of a later fragment are in the first one (FRAG-1).
    """
    packet = bytearray(frame)
    addresses = replace_address(packet, SOURCE_ADDRESS[view.family], translation.source)
    addresses += replace_address(packet, DESTINATION_ADDRESS[view.family], translation.destination)
    if view.family is Family.IPV4:
        update_field(packet, IPV4_CHECKSUM, addresses)
    if view.is_later_fragment:
        return bytes(packet)
    ports = 0
    if view.protocol in PORT_PROTOCOLS:
        ports += replace_port(packet, view.transport, translation.source_port)
        ports += replace_port(packet, view.transport + 2, translation.destination_port)
    update_transport_checksum(packet, view, addresses + ports)
    return bytes(packet)


def replace_address(packet: bytearray, offset: int, new: Address | None) -> int:
    """Write an address; the change of the checksum's sum."""
    if new is None:
        return 0
    old = bytes(packet[offset : offset + len(new)])
    packet[offset : offset + len(new)] = new
    return difference(old, new)


def replace_port(packet: bytearray, offset: int, new: int | None) -> int:
    """Write a port; the change of the checksum's sum."""
    if new is None:
        return 0
    old = bytes(packet[offset : offset + 2])
    pack_into("!H", packet, offset, new)
    return difference(old, new.to_bytes(2, "big"))


def update_field(packet: bytearray, offset: int, change: int) -> int:
    """Bring a checksum in the packet up to date, and return it."""
    checksum: int = unpack_from("!H", packet, offset)[0]
    checksum = update(checksum, change)
    pack_into("!H", packet, offset, checksum)
    return checksum


def update_transport_checksum(packet: bytearray, view: View, change: int) -> None:
    """Bring the L4 checksum up to date (PKT-8, PKT-8a, PKT-8b)."""
    place = TRANSPORT_CHECKSUM.get(view.protocol)
    if place is None or (view.protocol == ICMPV6 and view.family is Family.IPV4):
        return
    offset = view.transport + place
    if view.protocol == UDP:
        if packet[offset : offset + 2] == b"\0\0":
            return
        if update_field(packet, offset, change) == 0:
            packet[offset : offset + 2] = b"\xff\xff"
        return
    update_field(packet, offset, change)
