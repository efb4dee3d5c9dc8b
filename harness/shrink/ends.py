"""Who the ends of packets are: pods at their addresses, peers elsewhere, each at its own port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.flows import PEER, PEER_PORT, with_ends
from harness.shrink.names import FIRST_PORT, KEPT_ADDRESSES
from harness.shrink.rename import attempt_by_hash
from harness.shrink.search import Search
from harness.shrink.view import (
    at_interface,
    operations_of,
    with_headers,
    with_operations,
    with_packets,
)
from harness.step import Scenario
from model.domain.address import Address
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.operation import Operation, PutEndpoint, PutService
from model.domain.packet import Packet

BACKENDS: Final = {4: bytes((10, 78)), 16: b"\xfd\x78" + bytes(12)}
"""Networks of backends that were at an address of someone else."""


def tell_ends_apart(search: Search) -> None:
    """Try each of the plainer casts; a hash may see a difference between them."""
    for way in (own_addresses, away_from_the_pod, with_a_peer, alike, apart):
        attempt_by_hash(search, way(search.scenario))


def endpoints_of(scenario: Scenario) -> dict[int, Endpoint]:
    """The last endpoint at each interface."""
    operations = operations_of(scenario)
    found = [one.endpoint for one in operations if isinstance(one, PutEndpoint)]
    return {one.interface: one for one in found}


def own_addresses(scenario: Scenario) -> Scenario:
    """Packets that enter a pod go to its address, which becomes theirs where it has none."""
    endpoints = endpoints_of(scenario)
    given: dict[int, Address] = {}

    def entering(packet: Packet) -> Packet:
        endpoint, headers = endpoints.get(packet.interface), parse_frame(packet.data)
        if packet.hook is Hook.FROM_CONTAINER or endpoint is None or headers is None:
            return packet
        own = endpoint.address(headers.family)
        if own is None:
            given.setdefault(endpoint.identifier, headers.destination)
            return packet
        return with_headers(packet, lambda headers: replace(headers, destination=own))

    def with_address(operation: Operation) -> Operation:
        if isinstance(operation, PutEndpoint) and operation.endpoint.identifier in given:
            own = given[operation.endpoint.identifier]
            field = "ipv4" if len(own) == 4 else "ipv6"
            return PutEndpoint(replace(operation.endpoint, **{field: own}))  # type: ignore[arg-type]  # by name
        return operation

    moved = with_packets(scenario, entering)
    return with_operations(moved, with_address)


def away_from_the_pod(scenario: Scenario) -> Scenario:
    """Backends that are pods of the node become peers elsewhere, that answer from there."""
    endpoints = endpoints_of(scenario)
    own = {
        address
        for one in endpoints.values()
        for address in (one.ipv4, one.ipv6)
        if address is not None
    }

    def elsewhere(operation: Operation) -> Operation:
        if not isinstance(operation, PutService):
            return operation
        backends = tuple(
            replace(one, address=PEER[len(one.address)]) if one.address in own else one
            for one in operation.service.backends
        )
        return PutService(replace(operation.service, backends=backends))

    return with_operations(with_packets(scenario, answered_from_elsewhere), elsewhere)


def answered_from_elsewhere(packet: Packet) -> Packet:
    """A pod's packet to the loopback address as a packet of a peer to the pod (LB-11b)."""
    headers = parse_frame(packet.data)
    if headers is None or headers.destination not in KEPT_ADDRESSES:
        return packet
    peer = PEER[len(headers.source)]
    entering = at_interface(packet, Hook.TO_CONTAINER, packet.interface)
    return with_headers(entering, lambda one: replace(one, source=peer, destination=headers.source))


def with_a_peer(scenario: Scenario) -> Scenario:
    """Packets from and to the loopback address as a peer's: it matters to hairpins alone."""

    def end(address: Address) -> Address:
        return PEER[len(address)] if address in KEPT_ADDRESSES else address

    def headers(one: Headers) -> Headers:
        return replace(one, source=end(one.source), destination=end(one.destination))

    return with_packets(scenario, lambda packet: with_headers(packet, headers))


def alike(scenario: Scenario) -> Scenario:
    """Backends at addresses of their own and at one port that no frontend has."""
    services = [one.service for one in operations_of(scenario) if isinstance(one, PutService)]
    frontends = [frontend.key for service in services for frontend in service.frontends]
    backends = [backend for service in services for backend in service.backends]
    ports = {backend.port for backend in backends} - {key.port for key in frontends}
    port = min(ports, default=FIRST_PORT["backend"])
    taken = {key.address for key in frontends}
    ends: dict[tuple[Address, int], tuple[Address, int]] = {}
    for backend in backends:
        if (backend.address, backend.port) not in ends:
            address = backend.address
            while address in taken:
                address = next_address(address)
            taken.add(address)
            ends[backend.address, backend.port] = address, port
    return with_backends_at(scenario, ends)


def next_address(address: Address) -> Address:
    """The address behind one, in a network that nothing else is in."""
    number = int.from_bytes(BACKENDS[len(address)] + address[-2:], "big")
    return (number + 1).to_bytes(len(address), "big")


def with_backends_at(
    scenario: Scenario, ends: Mapping[tuple[Address, int], tuple[Address, int]]
) -> Scenario:
    """The scenario with backends elsewhere, and packets from and to them."""

    def headers(one: Headers) -> Headers:
        source = one.source, one.source_port
        destination = one.destination, one.destination_port
        return with_ends(one, ends.get(source, source), ends.get(destination, destination))

    def operation(one: Operation) -> Operation:
        if not isinstance(one, PutService):
            return one
        moved = (
            replace(backend, address=address, port=port)
            for backend in one.service.backends
            for address, port in (ends[backend.address, backend.port],)
        )
        return PutService(replace(one.service, backends=tuple(moved)))

    moved = with_packets(scenario, lambda packet: with_headers(packet, headers))
    return with_operations(moved, operation)


def apart(scenario: Scenario) -> Scenario:
    """Packets between two ends that share no address, and no port with each other and services.

    Port 0 stands for none in so many places that it has no canonical name.
    """
    services = [one.service for one in operations_of(scenario) if isinstance(one, PutService)]
    taken = {frontend.key.port for service in services for frontend in service.frontends}
    taken |= {backend.port for service in services for backend in service.backends} | {0}

    def headers(one: Headers, leaving: bool) -> Headers:
        own, other = (one.source, one.source_port), (one.destination, one.destination_port)
        if not leaving:
            own, other = other, own
        if other[0] == own[0]:
            other = PEER[len(own[0])], other[1]
        if one.has_ports and own[1] in taken:
            own = own[0], FIRST_PORT["client"]
        elif one.has_ports and other[1] in (0, own[1]):
            other = other[0], PEER_PORT
        return with_ends(one, own, other) if leaving else with_ends(one, other, own)

    def packet(one: Packet) -> Packet:
        leaving = one.hook is Hook.FROM_CONTAINER
        return with_headers(one, lambda found: headers(found, leaving))

    return with_packets(scenario, packet)
