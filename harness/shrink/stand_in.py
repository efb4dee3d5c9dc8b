"""Plain things in the place of special ones: packets for entries, silence for limits, changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.shrink.flows import without_services
from harness.shrink.gaps import timeouts_of
from harness.shrink.search import Search
from harness.shrink.view import operations_of, packets_of, with_headers, with_operations
from harness.step import START_CLOCK, ClockStep, OperationStep, PacketStep, Scenario, Step
from model.domain.configuration import EventSwitches
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutService,
    SetConfiguration,
)
from model.domain.packet import Packet
from model.domain.protocol import PORT_PROTOCOLS, TCP
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service

SYN: Final = 0x02
RST: Final = 0x04


def use_plain_things(search: Search) -> None:
    """Try each of the stand-ins."""
    search.attempt(without_events(search.scenario))
    open_by_packets(search)
    change_plainly(search)


def without_events(scenario: Scenario) -> Scenario:
    """No events at all where they are limited: packets that only use the limit up can go."""

    def quiet(one: Operation) -> Operation:
        if not isinstance(one, SetConfiguration) or not one.configuration.events.per_second:
            return one
        events = EventSwitches(policy_verdicts=False, selections=False, drops=False)
        return SetConfiguration(replace(one.configuration, events=events))

    return with_operations(scenario, quiet)


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
        topology += tuple(missing_service(search.scenario, operation.key, operation.entry))
        changes = [OperationStep((one,)) for one in topology if isinstance(one, PutEndpoint)]
        reset = with_headers(packet, lambda headers: replace(headers, tcp_flags=RST))
        for behind in ((), tuple(changes[:1]), (PacketStep(reset),)):
            steps = (PacketStep(packet), *behind, *search.steps)
            for others in (steps, *waiting_for_timeouts(search, steps, operation.entry)):
                other = replace(search.scenario, topology=topology, steps=others)
                direct = without_services(other)
                if search.attempt(other) or (direct is not None and search.attempt(direct)):
                    return


def missing_service(scenario: Scenario, key: FlowKey, flow: Flow) -> Iterator[Operation]:
    """The service that a flow's packets went to, where there is none any more."""
    if not flow.service_address or key.protocol not in PORT_PROTOCOLS:
        return
    wanted = FrontendKey(flow.service_address, flow.service_port, key.protocol)
    services = [one.service for one in operations_of(scenario) if isinstance(one, PutService)]
    if all(one.key != wanted for service in services for one in service.frontends):
        numbers = [service.identifier for service in services]
        backends = [one.identifier for service in services for one in service.backends]
        backend = Backend(max(backends, default=0) + 1, key.peer_address, key.peer_port)
        frontend = Frontend(FrontendKind.CLUSTER_IP, wanted)
        number = max(numbers, default=0) + 1
        yield PutService(Service(number, f"service_{number}", (frontend,), (backend,)))


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
