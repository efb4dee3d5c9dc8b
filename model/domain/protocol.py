"""IP protocol numbers and ICMP types that the clauses name."""

from __future__ import annotations

from typing import Final

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ICMPV6: Final = 58
SCTP: Final = 132

PORT_PROTOCOLS: Final = frozenset({TCP, UDP, SCTP})
"""Protocols whose first four header bytes are source and destination port."""

PROTOCOL_NAMES: Final = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPV6: "icmpv6", SCTP: "sctp"}


def icmp_port(icmp_type: int, code: int) -> int:
    """ICMP type and code as the one number that takes a port's place (CT-8, POL-1)."""
    return icmp_type << 8 | code
