"""Addresses and networks as network-order bytes: 4 for IPv4, 16 for IPv6.

Bytes, because packets carry them so and because both families then share every line of code.
"""

from __future__ import annotations

import ipaddress
from enum import IntEnum
from typing import NamedTuple

Address = bytes


class Family(IntEnum):
    """Address family; the value is the IP version."""

    __hash__ = int.__hash__  # in every key: enum's own is a Python function

    IPV4 = 4
    IPV6 = 6


ADDRESS_LENGTH = {Family.IPV4: 4, Family.IPV6: 16}
UNSPECIFIED = {family: bytes(length) for family, length in ADDRESS_LENGTH.items()}


def family_of(address: Address) -> Family:
    """Family of an address, by its length."""
    return Family.IPV4 if len(address) == 4 else Family.IPV6


def parse_address(text: str) -> Address:
    """Address written in the usual notation. Raises ValueError."""
    return ipaddress.ip_address(text).packed


def format_address(address: Address) -> str:
    """Usual notation of an address of 4 or 16 bytes."""
    return str(ipaddress.ip_address(address))


class Network(NamedTuple):
    """A prefix: address with all host bits zero, and its length in bits."""

    address: Address
    length: int

    @classmethod
    def parse(cls, text: str) -> Network:
        """Prefix in CIDR notation; a bare address is a prefix of full length. Raises ValueError."""
        network = ipaddress.ip_network(text, strict=True)
        return cls(network.network_address.packed, network.prefixlen)

    @property
    def family(self) -> Family:
        """Family of the addresses in this network."""
        return family_of(self.address)

    def contains(self, address: Address) -> bool:
        """Whether an address, of either family, lies in this network."""
        if len(address) != len(self.address):
            return False
        shift = len(address) * 8 - self.length
        return (
            int.from_bytes(address, "big") >> shift == int.from_bytes(self.address, "big") >> shift
        )

    def __str__(self) -> str:
        return f"{format_address(self.address)}/{self.length}"
