"""Addresses and ports that generated topologies and packets share.

Few of them, and the same in every round: tuples meet again, prefixes nest, and the steps of one
round mean something in the topology of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from model.domain.address import Address, Family, Network, parse_address


def addresses(*texts: str) -> tuple[Address, ...]:
    """Addresses as bytes."""
    return tuple(parse_address(text) for text in texts)


PODS: Final = {
    Family.IPV4: addresses("10.0.1.5", "10.0.1.6", "10.0.1.7"),
    Family.IPV6: addresses("fd00:1::5", "fd00:1::6", "fd00:1::7"),
}
REMOTE: Final = {
    Family.IPV4: addresses("10.0.2.9", "10.0.2.10", "10.0.2.11", "10.0.3.1", "10.0.3.2"),
    Family.IPV6: addresses("fd00:2::9", "fd00:2::a", "fd00:2::b", "fd00:3::1", "fd00:3::2"),
}
OUTSIDE: Final = {
    Family.IPV4: addresses("203.0.113.7", "203.0.113.8", "198.51.100.255"),
    Family.IPV6: addresses("2001:db8::7", "2001:db8::8", "2001:db9:ffff::ffff"),
}
NODES: Final = {
    Family.IPV4: addresses("192.168.0.1", "192.168.0.2"),
    Family.IPV6: addresses("fd00:c0::1", "fd00:c0::2"),
}
VIRTUAL: Final = {
    Family.IPV4: addresses("10.96.0.10", "10.96.0.11", "10.96.0.53"),
    Family.IPV6: addresses("fd00:96::a", "fd00:96::b", "fd00:96::35"),
}

CLIENT_PORTS: Final = (40000, 40001, 1024, 65535, 8080)
SERVICE_PORTS: Final = (80, 53, 443, 30080)
SERVER_PORTS: Final = (8080, 80, 9090, 53)
IDENTITIES: Final = (1, 2, 100, 101, 102, 103)

PREFIX_LENGTHS: Final = {
    Family.IPV4: (0, 1, 8, 16, 23, 24, 30, 31, 32),
    Family.IPV6: (0, 1, 16, 32, 63, 64, 65, 127, 128),
}


def everyone(family: Family) -> tuple[Address, ...]:
    """Every address that a packet may come from or go to, but for services."""
    return PODS[family] + REMOTE[family] + OUTSIDE[family] + NODES[family]


def prefix(address: Address, length: int) -> Network:
    """The prefix of a length that holds an address."""
    bits = 8 * len(address)
    number = int.from_bytes(address, "big") >> bits - length << bits - length
    return Network(number.to_bytes(len(address), "big"), length)


def edges(network: Network) -> Iterator[Address]:
    """First and last address of a prefix, and their neighbours outside."""
    size = len(network.address)
    first = int.from_bytes(network.address, "big")
    last = first | (1 << 8 * size - network.length) - 1
    for number in (first, last, first - 1, last + 1):
        if 0 <= number < 1 << 8 * size:
            yield number.to_bytes(size, "big")
