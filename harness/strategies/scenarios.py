"""Scenarios: a topology, then packets, time, changes and the collector."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import strategies as st

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.flows import turned_packet
from harness.step import ClockStep, CollectStep, OperationStep, PacketStep, Scenario, Step
from harness.strategies.cast import ICMP_OF, Numbers
from harness.strategies.packets import packets
from harness.strategies.topologies import configurations, endpoints, rules, services, topologies
from model.domain.address import Family
from model.domain.configuration import SECOND
from model.domain.event import Hook
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutRule,
    PutService,
    SetConfiguration,
)
from model.domain.packet import Packet

WAITS: Final = (SECOND, 1, 10 * SECOND, 20 * SECOND, 30 * SECOND, 60 * SECOND - 1, 60 * SECOND)
"""Gaps in nanoseconds: a second, and at and right before timeouts."""


def operations() -> st.SearchStrategy[Operation]:
    """Changes that can be carried out in any topology of `topologies`, in any order."""
    return st.one_of(
        endpoints(1).map(PutEndpoint),
        services(1).map(PutService),
        rules(1).map(PutRule),
        rules(2).map(PutRule),
        configurations().map(SetConfiguration),
    )


def steps(topology: tuple[Operation, ...] = ()) -> st.SearchStrategy[Step]:
    """One step, a packet more often than not."""
    packet = packets(topology).map(PacketStep)
    return st.one_of(
        packet,
        packet,
        packet,
        st.sampled_from(WAITS).map(ClockStep),
        operations().map(lambda one: OperationStep((one,))),
        st.just(CollectStep()),
    )


@st.composite
def scenarios(draw: st.DrawFn, longest: int = 20) -> Scenario:
    """Scenarios of up to so many steps, in which packets are sent again, answered and refused."""
    topology = draw(topologies())
    numbers = Numbers()
    topology = tuple(numbers.operation(one) for one in topology)
    found: list[Step] = []
    for _ in range(draw(st.integers(1, longest))):
        kind = draw(KINDS)
        known = [step.packet for step in found if isinstance(step, PacketStep)]
        if kind == "new" or not known:
            step = draw(steps(topology))
        else:
            step = PacketStep(REACTIONS[kind](draw(st.sampled_from(known))))
        if isinstance(step, OperationStep):
            step = OperationStep(tuple(numbers.operation(one) for one in step.operations))
        found.append(step)
    return Scenario("example", "hypothesis", topology, tuple(found))


def complaint(packet: Packet) -> Packet:
    """Port unreachable about a packet, from where it went (CT-9); about no IP, the same again."""
    headers = parse_frame(packet.data)
    if headers is None or headers.is_icmp_error:
        return packet
    is_ipv4 = headers.family is Family.IPV4
    about = Headers(
        headers.destination,
        headers.source,
        ICMP_OF[headers.family],
        icmp_type=3 if is_ipv4 else 1,
        icmp_code=3 if is_ipv4 else 4,
        quote=replace(headers, payload=0, fragment=None),
    )
    hook = Hook(1 - packet.hook)
    return Packet(hook, packet.interface, build_frame(about, hook, packet.interface))


KINDS: Final = st.sampled_from(("new", "new", "answer", "again", "complaint"))
REACTIONS: Final = {"answer": turned_packet, "again": lambda packet: packet, "complaint": complaint}
