"""Ways to look at a scenario and to write it anew: its packets and its operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.step import OperationStep, PacketStep, Scenario, Step
from model.domain.event import Hook
from model.domain.operation import Operation
from model.domain.packet import Packet


def packets_of(scenario: Scenario) -> Iterator[Packet]:
    """Every packet in order."""
    for step in scenario.steps:
        if isinstance(step, PacketStep):
            yield step.packet


def operations_of(scenario: Scenario) -> Iterator[Operation]:
    """Every operation in order, those of the topology first."""
    yield from scenario.topology
    for step in scenario.steps:
        if isinstance(step, OperationStep):
            yield from step.operations


def with_packets(scenario: Scenario, change: Callable[[Packet], Packet]) -> Scenario:
    """The scenario with every packet changed."""
    steps = tuple(
        PacketStep(change(step.packet)) if isinstance(step, PacketStep) else step
        for step in scenario.steps
    )
    return replace(scenario, steps=steps)


def with_operations(
    scenario: Scenario, change: Callable[[Operation], Operation | None]
) -> Scenario:
    """The scenario with every operation changed, or left out for None; steps without any go."""

    def changed(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(new for one in operations if (new := change(one)) is not None)

    steps: list[Step] = []
    for step in scenario.steps:
        if not isinstance(step, OperationStep):
            steps.append(step)
        elif operations := changed(step.operations):
            steps.append(OperationStep(operations))
    return replace(scenario, topology=changed(scenario.topology), steps=tuple(steps))


def with_headers(packet: Packet, change: Callable[[Headers], Headers]) -> Packet:
    """The packet with other headers; what is odd about its frame stays odd where that can be.

    A frame that is no IP packet, or whose oddities are of another length, stays as it is.
    """
    headers = parse_frame(packet.data)
    if headers is None or (new := change(headers)) == headers:
        return packet
    plain = build_frame(headers, packet.hook, packet.interface)
    return packet._replace(data=carried_over(packet, plain, new))


def carried_over(packet: Packet, plain: bytes, new: Headers) -> bytes:
    """The frame of new headers, with the bytes in which the old one was not plain."""
    built = build_frame(new, packet.hook, packet.interface)
    if plain == packet.data:
        return built
    if not len(plain) == len(built) == len(packet.data):
        return packet.data
    return bytes(
        new if old == wanted else old
        for old, wanted, new in zip(packet.data, plain, built, strict=True)
    )


def at_interface(packet: Packet, hook: Hook, interface: int) -> Packet:
    """The packet somewhere else; the Ethernet header says where, in a plain frame."""
    moved = packet._replace(hook=hook, interface=interface)
    headers = parse_frame(packet.data)
    if headers is None or build_frame(headers, packet.hook, packet.interface) != packet.data:
        return moved
    return moved._replace(data=build_frame(headers, hook, interface))
