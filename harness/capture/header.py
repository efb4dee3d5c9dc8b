"""Where addresses and checksums are in a frame: just enough to map a capture onto a topology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model.domain.address import Address
from model.domain.protocol import ICMP, ICMPV6, TCP, UDP

ETHERNET_LENGTH: Final = 14
IPV4_TYPE: Final = b"\x08\x00"
IPV6_TYPE: Final = b"\x86\xdd"
CHECKSUM_OFFSETS: Final = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}
EXTENSION_HEADERS: Final = frozenset({0, 43, 44, 51, 60})
FRAGMENT_HEADER: Final = 44
AUTHENTICATION_HEADER: Final = 51
LONGEST_WALK: Final = 16


@dataclass(frozen=True, slots=True)
class IpHeader:
    """An IP header at `start` of some bytes.

    `l4` is where the L4 header begins; None where there is none to be found: a later fragment,
    or bytes that end before.
    """

    start: int
    version: int
    protocol: int
    l4: int | None

    @property
    def sides(self) -> tuple[slice, slice]:
        """Where the source and the destination address are."""
        at, length = (self.start + 12, 4) if self.version == 4 else (self.start + 8, 16)
        return slice(at, at + length), slice(at + length, at + 2 * length)


def find_ip_header(frame: bytes) -> IpHeader | None:
    """The IP header of an Ethernet frame."""
    ethertype = frame[12:14]
    if ethertype == IPV4_TYPE:
        return ipv4_header(frame, ETHERNET_LENGTH)
    if ethertype == IPV6_TYPE:
        return ipv6_header(frame, ETHERNET_LENGTH)
    return None


def ipv4_header(data: bytes, start: int) -> IpHeader | None:
    """An IPv4 header, if there is one here."""
    if len(data) < start + 20 or data[start] >> 4 != 4:
        return None
    length = (data[start] & 0xF) * 4
    offset = int.from_bytes(data[start + 6 : start + 8], "big") & 0x1FFF
    l4 = start + length if length >= 20 and not offset else None
    return IpHeader(start, 4, data[start + 9], l4)


def ipv6_header(data: bytes, start: int) -> IpHeader | None:
    """An IPv6 header, if there is one here, its extension headers walked."""
    if len(data) < start + 40 or data[start] >> 4 != 6:
        return None
    protocol, at = data[start + 6], start + 40
    for _ in range(LONGEST_WALK):
        if protocol not in EXTENSION_HEADERS:
            return IpHeader(start, 6, protocol, at)
        if len(data) < at + 8:
            break
        if protocol == FRAGMENT_HEADER and int.from_bytes(data[at + 2 : at + 4], "big") >> 3:
            break
        length = (data[at + 1] + 2) * 4 if protocol == AUTHENTICATION_HEADER else 8
        if protocol not in (FRAGMENT_HEADER, AUTHENTICATION_HEADER):
            length = (data[at + 1] + 1) * 8
        protocol, at = data[at], at + length
    return IpHeader(start, 6, protocol, None)


def addresses_of(frame: bytes) -> tuple[Address, Address] | None:
    """Source and destination address of a frame; None where it has none."""
    header = find_ip_header(frame)
    if header is None:
        return None
    source, destination = header.sides
    return frame[source], frame[destination]
