"""ICMP errors that quote packets, built by Scapy and summed anew after every change."""

from __future__ import annotations

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.utils import checksum

from model.domain import protocol
from model.domain.address import Family
from tests.model.builder import ETHERNET_LENGTH, Network, frame

TYPES = {Family.IPV4: (3, 11, 12), Family.IPV6: (1, 2, 3, 4)}
UNREACHABLE = {Family.IPV4: 3, Family.IPV6: 1}


def error(
    net: Network,
    source: str,
    destination: str,
    quoted: bytes,
    *,
    icmp_type: int | None = None,
    code: int = 0,
    rest: bytes = bytes(4),
    length: int | None = None,
) -> bytes:
    """An ICMP error about a frame, of whose IP packet it quotes `length` bytes (None: all)."""
    kind = UNREACHABLE[net.family] if icmp_type is None else icmp_type
    quote = quoted[ETHERNET_LENGTH:][:length]
    return with_sum(net, source, destination, bytes([kind, code, 0, 0]) + rest + quote)


def with_sum(net: Network, source: str, destination: str, message: bytes) -> bytes:
    """A frame with an ICMP message whose checksum, bytes 2 and 3, is made right."""
    zeroed = message[:2] + bytes(2) + message[4:]
    if net.family is Family.IPV4:
        number, total = protocol.ICMP, checksum(zeroed)
    else:
        number = protocol.ICMPV6
        total = in6_chksum(number, IPv6(src=source, dst=destination), zeroed)
    return frame(source, destination, zeroed[:2] + total.to_bytes(2, "big") + zeroed[4:], number)


def quote_of(net: Network, data: bytes) -> bytes:
    """What an error quotes."""
    return data[net.transport + 8 :]


def has_right_sums(net: Network, data: bytes) -> bool:
    """Whether the error's own IP and ICMP checksums are right."""
    message = data[net.transport :]
    header = IP(data[ETHERNET_LENGTH:]) if net.family is Family.IPV4 else IPv6(data[14:])
    rebuilt = with_sum(net, header.src, header.dst, message)
    return rebuilt[net.transport :] == message and (
        net.family is Family.IPV6 or checksum(data[ETHERNET_LENGTH : net.transport]) == 0
    )
