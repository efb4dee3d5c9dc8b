"""Which checksums of a frame are right, recomputed by Scapy; quoted packets included."""

from __future__ import annotations

from scapy.layers.inet import IP, in4_chksum
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.utils import checksum

from model.domain.address import Family
from model.domain.protocol import ICMP, ICMPV6, TCP, UDP
from tests.model.builder import ETHERNET_LENGTH
from tests.model.errors import TYPES

Sums = dict[str, bool]
"""By the name of the layer; without those that have no checksum."""

SHORTEST = {TCP: 20, UDP: 8, ICMP: 8, ICMPV6: 8}
ERRORS = {ICMP: TYPES[Family.IPV4], ICMPV6: TYPES[Family.IPV6]}
UDP_CHECKSUM = slice(6, 8)


def right_sums(frame: bytes) -> Sums:
    """Of a frame without IP options and extension headers."""
    return sums_of_packet(frame[ETHERNET_LENGTH:], "")


def sums_of_packet(packet: bytes, prefix: str) -> Sums:
    """Of an IP packet; the one that it quotes has a longer prefix."""
    result: Sums = {}
    if packet[0] >> 4 == 4:
        result[f"{prefix}ip"] = checksum(packet[:20]) == 0
        length = int.from_bytes(packet[2:4], "big") - 20
        header, number, payload = IP(packet[:20]), packet[9], packet[20:]
    else:
        length = int.from_bytes(packet[4:6], "big")
        header, number, payload = IPv6(packet[:40]), packet[6], packet[40:]
    if len(payload) < max(length, SHORTEST.get(number, 0)):
        return result  # a quote that was cut
    payload = payload[:length]
    if number in SHORTEST and not (number == UDP and not any(payload[UDP_CHECKSUM])):
        result[f"{prefix}{number}"] = total(header, number, payload) in (0, 0xFFFF)
    if number in ERRORS and payload[0] in ERRORS[number]:
        result |= sums_of_packet(payload[8:], f"{prefix}quoted ")
    return result


def total(header: IP | IPv6, number: int, payload: bytes) -> int:
    """The one's complement sum over a payload with its checksum, complemented: 0 if it is right."""
    if number == ICMP:
        return int(checksum(payload))
    pseudo = in4_chksum if isinstance(header, IP) else in6_chksum
    return int(pseudo(number, header, payload))
