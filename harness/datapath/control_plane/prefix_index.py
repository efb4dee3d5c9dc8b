"""Prefixes of one family, found by what they hold and by what holds them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from model.domain.address import ADDRESS_LENGTH, Family, Network


class PrefixIndex:
    """A set of prefixes, ordered so that those inside a prefix come right behind it."""

    def __init__(self, family: Family) -> None:
        self._bits = 8 * ADDRESS_LENGTH[family]
        self._order: list[Network] = []
        self._members: set[Network] = set()
        self._lengths: dict[int, int] = {}

    def add(self, network: Network) -> None:
        """Add a prefix that is not there."""
        self._members.add(network)
        insort(self._order, network)
        self._lengths[network.length] = self._lengths.get(network.length, 0) + 1

    def remove(self, network: Network) -> None:
        """Remove a prefix that is there."""
        self._members.remove(network)
        del self._order[bisect_left(self._order, network)]
        self._lengths[network.length] -= 1
        if not self._lengths[network.length]:
            del self._lengths[network.length]

    def inside(self, network: Network) -> list[Network]:
        """All prefixes whose addresses lie in a network, itself included if it is there."""
        host_bits = (1 << self._bits - network.length) - 1
        last = int.from_bytes(network.address, "big") | host_bits
        end = Network(last.to_bytes(self._bits // 8, "big"), self._bits)
        return self._order[bisect_left(self._order, network) : bisect_right(self._order, end)]

    def covering(self, network: Network) -> list[Network]:
        """All prefixes that hold a network, shortest first, itself included if it is there."""
        number = int.from_bytes(network.address, "big")
        found = []
        for length in sorted(self._lengths):
            if length > network.length:
                break
            shift = self._bits - length
            address = (number >> shift << shift).to_bytes(self._bits // 8, "big")
            candidate = Network(address, length)
            if candidate in self._members:
                found.append(candidate)
        return found
