"""The canonical names of everything in a scenario, by the order in which packets meet it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.view import operations_of, packets_of
from harness.step import Scenario
from model.domain.address import Address
from model.domain.configuration import DEFAULT_LOOPBACK_IPV4, DEFAULT_LOOPBACK_IPV6
from model.domain.endpoint import WORLD_IDENTITY, Endpoint
from model.domain.event import Hook
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
)
from model.domain.packet import Packet
from model.domain.policy import IdentityPeer
from model.domain.service import Service

FIRST: Final = {"endpoint": 1, "service": 1, "backend": 1, "rule": 1, "identity": 100}
FIRST_INTERFACE: Final = 10
NETWORKS: Final = {
    4: {"endpoint": "0a000000", "backend": "0a000100", "peer": "0a000200", "frontend": "0a600000"},
    16: {
        "endpoint": "fd000000",
        "backend": "fd000001",
        "peer": "fd000002",
        "frontend": "fd000096",
    },
}
"""Where the addresses of each role are, counted from 1."""

FIRST_PORT: Final = {"client": 40000, "frontend": 80, "backend": 8080}
KEPT_ADDRESSES: Final = (DEFAULT_LOOPBACK_IPV4, DEFAULT_LOOPBACK_IPV6)


@dataclass
class Names:
    """Old values and what stands for them.

    `numbers` are those of endpoints, services, backends, rules, identities and interfaces, by kind.
    `plain_tables` gives all services the default table size: it and the names decide about hashes.
    """

    addresses: dict[Address, Address] = field(default_factory=dict)
    ports: dict[int, int] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    datagrams: dict[int, int] = field(default_factory=dict)
    plain_tables: bool = True

    def number(self, kind: str, old: int) -> int:
        """What stands for a number."""
        return self.numbers.get((kind, old), old)


def collect(scenario: Scenario, salt: int) -> Names:
    """Canonical names. Pods and client ports are counted from a number that goes with the salt."""
    collector = Collector(scenario, salt)
    for packet in packets_of(scenario):
        collector.packet(packet)
    for operation in operations_of(scenario):
        collector.operation(operation)
    return collector.names


class Collector:
    """Hands out names in the order in which it meets what is to be named."""

    def __init__(self, scenario: Scenario, salt: int) -> None:
        self.names = Names()
        self.salt = salt
        self.counts: dict[str, int] = {}
        operations = list(operations_of(scenario))
        self.endpoints = [one.endpoint for one in operations if isinstance(one, PutEndpoint)]
        self.services = [one.service for one in operations if isinstance(one, PutService)]
        self.roles = dict(roles(self.endpoints, self.services))
        self.port_roles = dict(port_roles(self.services))

    def packet(self, packet: Packet) -> None:
        """Name what a packet mentions, the pod's side first."""
        self.interface(packet.interface)
        headers = parse_frame(packet.data)
        if headers is not None:
            self.headers(headers, packet.hook is Hook.FROM_CONTAINER)
            if headers.quote is not None:
                self.headers(headers.quote, packet.hook is Hook.TO_CONTAINER)

    def headers(self, headers: Headers, leaving: bool) -> None:
        """Name addresses, ports and the datagram."""
        ends = [
            (headers.source, headers.source_port),
            (headers.destination, headers.destination_port),
        ]
        own, other = ends if leaving else reversed(ends)
        self.address(own[0])
        self.address(other[0])
        if headers.has_ports and not headers.is_later_fragment:
            self.port(own[1], "client")
            self.port(other[1], "frontend")
        elif headers.is_icmp and headers.identifier:
            self.port(headers.identifier, "client")
        if headers.fragment is not None:
            known = self.names.datagrams
            known.setdefault(headers.fragment.identification, len(known) + 1)

    def operation(self, operation: Operation) -> None:
        """Name what an operation mentions."""
        match operation:
            case PutEndpoint(endpoint):
                self.endpoint(endpoint)
            case PutIdentity(prefix):
                self.identity(prefix.identity)
                if prefix.network.length == 8 * len(prefix.network.address):
                    self.address(prefix.network.address)
            case PutService(service):
                self.service(service)
            case PutRule(rule):
                self.number("rule", rule.identifier)
                if isinstance(rule.peer, IdentityPeer):
                    self.identity(rule.peer.identity)
            case PutEntry(key):
                self.address(key.endpoint_address)
                self.address(key.peer_address)
                self.port(key.endpoint_port, "client")
                if key.protocol not in (1, 58):
                    self.port(key.peer_port, "frontend")

    def endpoint(self, endpoint: Endpoint) -> None:
        """Name an endpoint."""
        self.number("endpoint", endpoint.identifier)
        self.interface(endpoint.interface)
        self.identity(endpoint.identity)
        for address in (endpoint.ipv4, endpoint.ipv6):
            if address is not None:
                self.address(address)

    def service(self, service: Service) -> None:
        """Name a service, its frontends and its backends, in the order of their addresses."""
        self.number("service", service.identifier)
        for frontend in service.frontends:
            self.address(frontend.key.address)
            self.port(frontend.key.port, "frontend")
        for backend in sorted(service.backends, key=lambda one: (one.address, one.port)):
            self.address(backend.address)
            self.port(backend.port, "backend")
            self.number("backend", backend.identifier)

    def identity(self, identity: int) -> None:
        """Name an identity that is not one of those that are always there."""
        if identity > WORLD_IDENTITY:
            self.number("identity", identity)

    def interface(self, interface: int) -> None:
        """Name an interface."""
        if interface:
            count = sum(1 for kind, _ in self.names.numbers if kind == "interface")
            self.names.numbers.setdefault(("interface", interface), FIRST_INTERFACE + count)

    def number(self, kind: str, old: int) -> None:
        """Give a number the next one of its kind."""
        count = sum(1 for known, _ in self.names.numbers if known == kind)
        self.names.numbers.setdefault((kind, old), FIRST[kind] + count)

    def address(self, address: Address) -> None:
        """Give an address the next one of its role and family."""
        if address in self.names.addresses or address in KEPT_ADDRESSES:
            return
        role = self.roles.get(address, "peer")
        network = bytes.fromhex(NETWORKS[len(address)][role])
        count = self.count(f"{role} {len(address)}") + (self.salt if role == "endpoint" else 0)
        base = int.from_bytes(network, "big") if len(address) == 4 else network
        self.names.addresses[address] = (
            (base + count).to_bytes(4, "big")
            if isinstance(base, int)
            else base + bytes(10) + count.to_bytes(2, "big")
        )

    def port(self, port: int, role: str) -> None:
        """Give a port the next one of its role; a service's ports keep to theirs."""
        if port in self.names.ports or port == 0:
            return
        role = self.port_roles.get(port, role)
        base = FIRST_PORT[role] + (10 * self.salt if role == "client" else 0)
        self.names.ports[port] = base + self.count(f"{role} port") - 1

    def count(self, what: str) -> int:
        """How many of a kind there are, this one included."""
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]


def roles(
    endpoints: Iterable[Endpoint], services: Iterable[Service]
) -> Iterator[tuple[Address, str]]:
    """Addresses and whose they are; of several roles the last one counts."""
    services = list(services)
    for service in services:
        yield from ((backend.address, "backend") for backend in service.backends)
    for service in services:
        yield from ((frontend.key.address, "frontend") for frontend in service.frontends)
    for endpoint in endpoints:
        for address in (endpoint.ipv4, endpoint.ipv6):
            if address is not None:
                yield address, "endpoint"


def port_roles(services: Iterable[Service]) -> Iterator[tuple[int, str]]:
    """Ports of services and what they are; one that is both is a frontend's."""
    services = list(services)
    for service in services:
        yield from ((backend.port, "backend") for backend in service.backends)
    for service in services:
        yield from ((frontend.key.port, "frontend") for frontend in service.frontends)
