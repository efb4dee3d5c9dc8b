"""Who in a capture is an endpoint: those that a mapping names, or whoever sends, in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from model.domain.address import Address, Family, Network, family_of
from model.domain.endpoint import Endpoint, IdentityPrefix
from model.domain.operation import Operation, PutEndpoint, PutIdentity

FIRST_INTERFACE: Final = 10
FIRST_IDENTITY: Final = 1000
UNSPECIFIED_OR_LOOPBACK: Final = frozenset({0, 127})


class Participants:
    """Endpoints by address.

    With `limit` above 0 an unknown sender becomes an endpoint, until there are so many; further
    ones stay peers in the world.
    """

    def __init__(self, known: Iterable[Endpoint], limit: int) -> None:
        self.limit = limit
        self.count = 0
        self.interfaces: dict[Address, int] = {}
        self.first_interface = FIRST_INTERFACE
        for endpoint in known:
            self.add(endpoint)

    def add(self, endpoint: Endpoint) -> None:
        """Remember an endpoint."""
        if not self.count:
            self.first_interface = endpoint.interface
        self.count += 1
        for address in (endpoint.ipv4, endpoint.ipv6):
            if address is not None:
                self.interfaces[address] = endpoint.interface

    def discover(self, sender: Address) -> tuple[Operation, ...]:
        """The transaction that makes a sender an endpoint; empty where it is none."""
        if sender in self.interfaces or self.count >= self.limit or not is_host(sender):
            return ()
        endpoint = Endpoint(
            identifier=self.count + 1,
            name=f"sender_{self.count + 1}",
            interface=FIRST_INTERFACE + self.count,
            identity=FIRST_IDENTITY + self.count,
            ipv4=sender if family_of(sender) is Family.IPV4 else None,
            ipv6=sender if family_of(sender) is Family.IPV6 else None,
        )
        self.add(endpoint)
        prefix = IdentityPrefix(Network(sender, len(sender) * 8), endpoint.identity)
        return PutEndpoint(endpoint), PutIdentity(prefix)


def is_host(address: Address) -> bool:
    """Whether an address can be one pod's: not unspecified, loopback, multicast or broadcast."""
    if len(address) == 4:
        return address[0] not in UNSPECIFIED_OR_LOOPBACK and address[0] < 0xE0
    return address[0] != 0xFF and address[:15] != bytes(15)
