"""What the headers of an IP packet say, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model.domain.address import Address, Family, family_of
from model.domain.protocol import ICMP, ICMPV6, PORT_PROTOCOLS

ICMP_OF: Final = {Family.IPV4: ICMP, Family.IPV6: ICMPV6}
ERROR_TYPES: Final = {ICMP: frozenset({3, 11, 12}), ICMPV6: frozenset({1, 2, 3, 4})}
"""ICMP errors quote a packet (RFC 792, RFC 4443)."""


@dataclass(frozen=True, slots=True)
class FragmentFields:
    """A fragment's place in its datagram; `offset` in units of 8 bytes."""

    identification: int
    offset: int
    more: bool


@dataclass(frozen=True, slots=True)
class Headers:
    """An IP packet by its headers; everything that is not here has its plainest value.

    Ports for TCP, UDP and SCTP; `tcp_flags` as in the TCP header; type, code and identifier for the
    ICMP of the family. `extensions` are IPv6 extension headers by number, a fragment header not
    among them. `payload` is the number of zero bytes at the end. An ICMP error has a `quote`.
    """

    source: Address
    destination: Address
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    tcp_flags: int = 0
    icmp_type: int = 0
    icmp_code: int = 0
    identifier: int = 0
    fragment: FragmentFields | None = None
    extensions: tuple[int, ...] = ()
    payload: int = 0
    quote: Headers | None = None

    @property
    def family(self) -> Family:
        """Family of both addresses."""
        return family_of(self.source)

    @property
    def is_icmp(self) -> bool:
        """Whether this is the ICMP of its own family."""
        return self.protocol == ICMP_OF[self.family]

    @property
    def is_icmp_error(self) -> bool:
        """Whether this is an ICMP error."""
        return self.is_icmp and self.icmp_type in ERROR_TYPES[self.protocol]

    @property
    def has_ports(self) -> bool:
        """Whether the protocol has ports."""
        return self.protocol in PORT_PROTOCOLS

    @property
    def is_later_fragment(self) -> bool:
        """Whether there is no L4 header in it."""
        return self.fragment is not None and self.fragment.offset > 0
