"""Frames that are timed, made by Scapy, in either family from one text."""

from __future__ import annotations

from typing import Any, Final

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
)
from scapy.layers.l2 import Ether
from scapy.layers.sctp import SCTP
from scapy.packet import Raw

from harness.bench.addresses import Addresses
from model.domain.address import Address, Family, format_address
from model.domain.protocol import UDP as UDP_PROTOCOL

ETHERNET: Final = 14
IP_BYTES: Final = {Family.IPV4: 20, Family.IPV6: 40}
SOURCE: Final = {Family.IPV4: 12, Family.IPV6: 8}
DESTINATION: Final = {Family.IPV4: 16, Family.IPV6: 24}
"""Where addresses begin in the IP header."""

PAYLOAD: Final = b"0123456789abcdef"
DATA: Final = Raw(PAYLOAD)
FIRST_FRAGMENT: Final = 8 + len(PAYLOAD)
"""Bytes of a datagram's first fragment: the UDP header and some data."""

ICMP_IDENTIFIER: Final = 4
QUOTED: Final = 8
"""Bytes behind the quoted IP header (CT-9)."""


def frame(addresses: Addresses, source: Address, destination: Address, payload: Any) -> bytes:
    """A frame with what is behind the IP header; checksums are right."""
    return bytes(
        Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
        / ip(addresses, source, destination)
        / payload
    )


def ip(addresses: Addresses, source: Address, destination: Address) -> Any:
    """An IP header."""
    ends = {"src": format_address(source), "dst": format_address(destination)}
    if addresses.family is Family.IPV4:
        return IP(**ends, id=1, flags="DF")
    return IPv6(**ends)


def tcp(source: int, destination: int, flags: str) -> Any:
    """A TCP segment; data is sent with the acknowledgement alone."""
    segment = TCP(sport=source, dport=destination, flags=flags, seq=1, ack=int("A" in flags))
    return segment / DATA if flags == "A" else segment


def udp(source: int, destination: int) -> Any:
    """A UDP datagram."""
    return UDP(sport=source, dport=destination) / DATA


def sctp(source: int, destination: int) -> Any:
    """An SCTP packet of nothing but padding."""
    return SCTP(sport=source, dport=destination) / DATA


def echo(addresses: Addresses, identifier: int) -> Any:
    """An echo request."""
    if addresses.family is Family.IPV4:
        return ICMP(type=8, id=identifier, seq=1) / DATA
    return ICMPv6EchoRequest(id=identifier, seq=1) / DATA


def too_big(addresses: Addresses, quoted: bytes) -> Any:
    """A router's error about a frame that is too long for its next link."""
    quote = quoted[ETHERNET : ETHERNET + IP_BYTES[addresses.family] + QUOTED]
    if addresses.family is Family.IPV4:
        return ICMP(type=3, code=4, nexthopmtu=1400) / Raw(quote)
    return ICMPv6PacketTooBig(mtu=1400) / Raw(quote)


def fragment(  # noqa: PLR0913, PLR0917 - a header's fields
    addresses: Addresses,
    source: Address,
    destination: Address,
    payload: Any,
    offset: int,
    protocol: int = UDP_PROTOCOL,
) -> bytes:
    """A datagram's fragment: `offset` 0 is the first, more follow in any case."""
    link = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
    header = ip(addresses, source, destination)
    if addresses.family is Family.IPV4:
        header.flags, header.frag, header.proto = "MF", offset // 8, protocol
        return bytes(link / header / payload)
    extension = IPv6ExtHdrFragment(offset=offset // 8, m=1, id=1, nh=protocol)
    return bytes(link / header / extension / payload)


def with_options(
    addresses: Addresses, source: Address, destination: Address, headers: int
) -> bytes:
    """An IPv6 packet with so many destination options headers and nothing behind them."""
    payload = IPv6ExtHdrDestOpt()
    for _ in range(headers - 1):
        payload = IPv6ExtHdrDestOpt() / payload
    return frame(addresses, source, destination, payload)


def identification(addresses: Addresses) -> int:
    """Where the last two bytes of a datagram's id are."""
    return ETHERNET + 4 if addresses.family is Family.IPV4 else layer_4(addresses) + 6


def layer_4(addresses: Addresses) -> int:
    """Where the L4 header begins in a frame without extension headers."""
    return ETHERNET + IP_BYTES[addresses.family]


def source_word(addresses: Addresses) -> int:
    """Where the last four bytes of the source address begin."""
    return ETHERNET + SOURCE[addresses.family] + len(addresses.pod) - 4


def destination_word(addresses: Addresses) -> int:
    """Where the last four bytes of the destination address begin."""
    return ETHERNET + DESTINATION[addresses.family] + len(addresses.pod) - 4
