"""Plain things in the place of special ones: packets for entries, addresses, changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.flows import PEER, without_services
from harness.shrink.gaps import timeouts_of
from harness.shrink.names import FIRST_PORT, KEPT_ADDRESSES
from harness.shrink.rename import attempt_by_hash
from harness.shrink.search import Search
from harness.shrink.view import (
    at_interface,
    operations_of,
    packets_of,
    with_headers,
    with_operations,
    with_packets,
)
from harness.step import START_CLOCK, ClockStep, OperationStep, PacketStep, Scenario, Step
from model.domain.address import Address
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import Operation, PutEndpoint, PutEntry, PutService
from model.domain.packet import Packet
from model.domain.protocol import PORT_PROTOCOLS, TCP

SYN: Final = 0x02
RST: Final = 0x04


def use_plain_things(search: Search) -> None:
    """Try each of the stand-ins."""
    for way in (own_addresses, away_from_the_pod, at_ports_of_their_own):
        attempt_by_hash(search, way(search.scenario))
    open_by_packets(search)
    change_plainly(search)


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
            return PutEndpoint(replace(operation.endpoint, **{field: own}))  # type: ignore[arg-type]
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


def at_ports_of_their_own(scenario: Scenario) -> Scenario:
    """Backends at ports that no frontend has, so that the two can be told apart."""
    services = [one.service for one in operations_of(scenario) if isinstance(one, PutService)]
    taken = {frontend.key.port for service in services for frontend in service.frontends}
    shared = {
        (backend.address, backend.port)
        for service in services
        for backend in service.backends
        if backend.port in taken
    }

    def other(address: Address, port: int) -> int:
        return FIRST_PORT["backend"] + port if (address, port) in shared else port

    def headers(one: Headers) -> Headers:
        return replace(
            one,
            source_port=other(one.source, one.source_port),
            destination_port=other(one.destination, one.destination_port),
        )

    def operation(one: Operation) -> Operation:
        if not isinstance(one, PutService):
            return one
        backends = (replace(b, port=other(b.address, b.port)) for b in one.service.backends)
        return PutService(replace(one.service, backends=tuple(backends)))

    moved = with_packets(scenario, lambda packet: with_headers(packet, headers))
    return with_operations(moved, operation)


def open_by_packets(search: Search) -> None:
    """Packets that bring a flow about, in the place of the flow's entry.

    The opening one alone; or with a change behind it, so that policy judges again; or with an RST.
    """
    for operation in search.scenario.topology:
        if not isinstance(operation, PutEntry) or not isinstance(operation.entry, Flow):
            continue
        packet = opening(search.scenario, operation.key, operation.entry)
        if packet is None:
            continue
        topology = tuple(one for one in search.scenario.topology if one != operation)
        changes = [OperationStep((one,)) for one in topology if isinstance(one, PutEndpoint)]
        reset = with_headers(packet, lambda headers: replace(headers, tcp_flags=RST))
        for behind in ((), tuple(changes[:1]), (PacketStep(reset),)):
            steps = (PacketStep(packet), *behind, *search.steps)
            for others in (steps, *waiting_for_timeouts(search, steps, operation.entry)):
                other = replace(search.scenario, topology=topology, steps=others)
                direct = without_services(other)
                if search.attempt(other) or (direct is not None and search.attempt(direct)):
                    return


def waiting_for_timeouts(
    search: Search, steps: tuple[Step, ...], flow: Flow
) -> Iterator[tuple[Step, ...]]:
    """The steps with a timeout for the time until the entry's end: packets set no other ends."""
    end = flow.expires - START_CLOCK
    for timeout in timeouts_of(search) if ClockStep(end) in steps else ():
        yield tuple(ClockStep(timeout) if step == ClockStep(end) else step for step in steps)


def opening(scenario: Scenario, key: FlowKey, flow: Flow) -> Packet | None:
    """The plain packet that opens a flow, at the first interface that packets use."""
    first = next(iter(packets_of(scenario)), None)
    if first is None or key.protocol not in PORT_PROTOCOLS:
        return None
    own = key.endpoint_address, key.endpoint_port
    peer = key.peer_address, key.peer_port
    if flow.service_address:
        peer = flow.service_address, flow.service_port
    leaving = key.opener is Opener.ENDPOINT
    (source, source_port), (destination, destination_port) = (own, peer) if leaving else (peer, own)
    flags = SYN if key.protocol == TCP else 0
    hook = Hook.FROM_CONTAINER if leaving else Hook.TO_CONTAINER
    headers = Headers(source, destination, key.protocol, source_port, destination_port, flags)
    return Packet(hook, first.interface, build_frame(headers, hook, first.interface))


def change_plainly(search: Search) -> None:
    """Put an endpoint again, in the place of other control-plane changes (POL-5a)."""
    standing = [one for one in search.scenario.topology if isinstance(one, PutEndpoint)]
    changes = [at for at, step in enumerate(search.steps) if isinstance(step, OperationStep)]
    for again in standing[:1]:
        for index in changes:
            steps = [
                OperationStep((again,)) if at == index else step
                for at, step in enumerate(search.steps)
            ]
            others = [at for at in changes if at != index]
            alone = [step for at, step in enumerate(steps) if at not in others]
            if search.attempt_steps(tuple(alone)):
                return
            search.attempt_steps(tuple(steps))
