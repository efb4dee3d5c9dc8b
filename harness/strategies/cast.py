"""Who takes part: few addresses and ports, so that packets, services and rules meet."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import strategies as st

from model.domain.address import Address, Family, Network, parse_address
from model.domain.operation import Operation, PutEndpoint, PutService
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP
from model.domain.service import FrontendKey

POD_PORTS: Final = (40000, 40001, 8080)
PEER_PORTS: Final = (80, 8080, 53)
FRONTENDS: Final = 4
"""A frontend is talked to so many times as often as anybody else."""

TRACKED: Final = (TCP, TCP, UDP, SCTP)
ICMP_OF: Final = {Family.IPV4: ICMP, Family.IPV6: ICMPV6}


def pod_address(family: Family, number: int) -> Address:
    """Address of the pod with a number from 1."""
    return parse_address(f"10.0.0.{number}" if family is Family.IPV4 else f"fd00::{number}")


def server_address(family: Family, number: int) -> Address:
    """Address of a backend that is no pod here."""
    return parse_address(f"10.0.1.{number}" if family is Family.IPV4 else f"fd00:1::{number}")


def peer_address(family: Family, number: int) -> Address:
    """Address of somebody else."""
    return parse_address(f"10.0.2.{number}" if family is Family.IPV4 else f"fd00:2::{number}")


def service_address(family: Family, number: int) -> Address:
    """Address of the service with a number from 1."""
    return parse_address(f"10.96.0.{number}" if family is Family.IPV4 else f"fd00:96::{number}")


def known_networks(family: Family) -> st.SearchStrategy[Network]:
    """Prefixes that hold some of those who take part, or all, or nobody."""
    texts = {
        Family.IPV4: ("10.0.2.1/32", "10.0.2.0/24", "10.0.0.0/8", "0.0.0.0/0", "192.0.2.0/24"),
        Family.IPV6: ("fd00:2::1/128", "fd00:2::/32", "fd00::/8", "::/0", "2001:db8::/32"),
    }
    return st.sampled_from([Network.parse(text) for text in texts[family]])


class Numbers:
    """Numbers backends anew: one that is gone and comes again is another one (LB-6a)."""

    def __init__(self) -> None:
        self._standing: dict[int, dict[tuple[Address, int], int]] = {}
        self._next = 1

    def operation(self, operation: Operation) -> Operation:
        """The operation, with backends by new numbers where it puts a service."""
        if not isinstance(operation, PutService):
            return operation
        service = operation.service
        known = self._standing.get(service.identifier, {})
        numbers: dict[tuple[Address, int], int] = {}
        for backend in service.backends:
            place = backend.address, backend.port
            numbers[place] = known[place] if place in known else self._take()
        self._standing[service.identifier] = numbers
        backends = tuple(
            replace(one, identifier=numbers[one.address, one.port]) for one in service.backends
        )
        return PutService(replace(service, backends=backends))

    def _take(self) -> int:
        self._next += 1
        return self._next - 1


def pods(topology: tuple[Operation, ...], family: Family) -> list[tuple[int, Address]]:
    """Interface and address of each pod that has an address of the family."""
    found = [one.endpoint for one in topology if isinstance(one, PutEndpoint)]
    pairs = [(one.interface, one.address(family)) for one in found]
    return [(interface, address) for interface, address in pairs if address is not None]


def far_ends(topology: tuple[Operation, ...], family: Family) -> list[FrontendKey]:
    """Who is worth talking to, and how: peers, frontends, backends."""
    ends = [FrontendKey(peer_address(family, number), 80, UDP) for number in (1, 2)]
    for operation in topology:
        if isinstance(operation, PutService):
            keys = [one.key for one in operation.service.frontends]
            protocol = keys[0].protocol if keys else UDP
            ends += keys * FRONTENDS
            ends += [
                FrontendKey(one.address, one.port, protocol) for one in operation.service.backends
            ]
    length = 4 if family is Family.IPV4 else 16
    return [end for end in ends if len(end.address) == length]
