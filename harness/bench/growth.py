"""Suite `growth`: what a packet costs while everything else becomes more.

Maps keep their sizes; only what is in them grows. The packets are those of the cases of `packets`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from harness.bench import frames
from harness.bench.addresses import ADDRESSES
from harness.bench.case import Case
from harness.bench.crowd import endpoints, rules, services, wide_service
from harness.bench.measurement import Measurement
from harness.bench.packets import SHIPPED
from harness.bench.timing import Lane, Samples
from harness.bench.topology import BACKEND_PORT, DENIED_PORT, SERVICE_PORT, topology
from harness.bench.traffic import FIRST_PORT, Traffic
from harness.bench.wrapper import Wrapper
from harness.datapath.bench import Bench
from model.domain.address import Family
from model.domain.operation import Operation
from model.domain.reason import Reason

SCATTER: Final = 1_000_003
"""A prime: the order of flows has nothing to do with the order of their making."""

STEADY: Final = 1.03
"""From 1 to 5,000 services."""

STEADY_RULES: Final = 1.05
"""From 1 to 10,000 rules."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that grows.

    `operations(n)` bring the number of them from what the topology has to n. The last of `sizes` up
    to `bound` may cost `limit` times what the first does.
    """

    name: str
    sizes: tuple[int, ...]
    operations: Callable[[int], tuple[Operation, ...]]
    cases: tuple[Case, ...]
    limit: float | None
    bound: int


def dimensions() -> Iterator[Dimension]:
    """Everything that is made to grow."""
    traffic = Traffic(ADDRESSES[Family.IPV4])
    established, fresh = service_established(traffic), service_new(traffic)
    direct, denied = egress_new(traffic), policy_denied(traffic)
    both = established, fresh
    yield Dimension("services", (1, 5_000, 50_000), services, both, STEADY, 5_000)
    yield Dimension("backends", (1, 100, 1_000), wide_service, both, None, 0)
    judged = direct, denied
    yield Dimension("rules", (1, 120, 10_000), rules, judged, STEADY_RULES, 10_000)
    yield Dimension("endpoints", (3, 156), endpoints, (established, direct), None, 0)


def growth(
    rounds: int, chooses: Callable[[str], bool], advance: Callable[[str], None]
) -> Iterator[Measurement]:
    """Every dimension at each of its sizes; the sizes take turns."""
    for dimension in dimensions():
        if chooses(dimension.name):
            yield from grow(dimension, rounds, advance)
    if chooses("flows"):
        yield from flows(rounds, advance)


def grow(
    dimension: Dimension, rounds: int, advance: Callable[[str], None]
) -> Iterator[Measurement]:
    """One dimension: a datapath for each size, side by side."""
    samples: dict[tuple[Case, int], Samples] = {}
    with Bench() as bench:
        wrapper = Wrapper()
        lanes = {}
        for size in dimension.sizes:
            advance(f"{dimension.name}: {size:,} are loaded")
            subject = bench.open(options=SHIPPED)
            subject.apply(topology())
            subject.apply(dimension.operations(size))
            lanes[size] = Lane(subject, wrapper)
        for number in range(rounds):
            advance(f"{dimension.name}, round {number + 1}")
            for case in dimension.cases:
                for size, lane in lanes.items():
                    lane.round(case, samples.setdefault((case, size), Samples()))
        wrapper.close()
    for case in dimension.cases:
        first = samples[case, dimension.sizes[0]].median
        for size in dimension.sizes:
            one = samples[case, size]
            limited = dimension.limit is not None and dimension.sizes[0] < size <= dimension.bound
            yield Measurement(
                f"growth/{dimension.name}/{case.name}/{size}",
                "ns",
                one.minimum,
                one.median,
                one.noise,
                limit=first * dimension.limit if limited and dimension.limit else None,
            )


def flows(rounds: int, advance: Callable[[str], None]) -> Iterator[Measurement]:
    """Packets of so many established flows in an order of no order: what caches make of it."""
    traffic = Traffic(ADDRESSES[Family.IPV4])
    with Bench() as bench:
        wrapper = Wrapper()
        subject = bench.open(options=SHIPPED)
        subject.apply(topology())
        lane = Lane(subject, wrapper)
        for count in (1, 1_000, 10_000, 100_000, 500_000):
            advance(f"flows: {count:,}")
            lane.make_room(Family.IPV4)
            case = of_many_flows(traffic, count)
            lane.round(replace(case, reason=Reason.NEW, repeat=count), Samples())
            samples = Samples()
            for _ in range(rounds):
                lane.round(case, samples)
            yield Measurement(
                f"growth/flows/egress-established/{count}",
                "ns",
                samples.minimum,
                samples.median,
                samples.noise,
            )
        wrapper.close()


def of_many_flows(traffic: Traffic, count: int) -> Case:
    """UDP datagrams of so many flows to pods on other nodes."""
    datagram = frames.udp(FIRST_PORT, BACKEND_PORT)
    packet = traffic.leave(traffic.addresses.remote(1), datagram)
    series = replace(traffic.fresh_to_remote(), length=count, multiplier=SCATTER)
    return Case(
        "egress-established",
        Family.IPV4,
        packet,
        Reason.ESTABLISHED,
        series=series,
        keeps_flows=True,
    )


def service_established(traffic: Traffic) -> Case:
    """Data to a service."""
    return Case(
        "service-established",
        Family.IPV4,
        traffic.request("A"),
        Reason.ESTABLISHED,
        traffic.service_connection(),
    )


def service_new(traffic: Traffic) -> Case:
    """A new connection to the first service with several backends."""
    segment = frames.tcp(FIRST_PORT, SERVICE_PORT, "S")
    packet = traffic.leave(traffic.addresses.service(1), segment)
    return Case("service-new", Family.IPV4, packet, Reason.NEW, series=traffic.fresh_ports())


def egress_new(traffic: Traffic) -> Case:
    """A new connection that policy allows."""
    packet = traffic.leave(traffic.addresses.remote(1), frames.tcp(FIRST_PORT, BACKEND_PORT, "S"))
    return Case("egress-new", Family.IPV4, packet, Reason.NEW, series=traffic.fresh_to_remote())


def policy_denied(traffic: Traffic) -> Case:
    """A new connection that policy denies: all that is left is the look-ups."""
    packet = traffic.leave(traffic.addresses.remote(), frames.tcp(FIRST_PORT, DENIED_PORT, "S"))
    return Case("drop-policy-denied", Family.IPV4, packet, Reason.POLICY_DENIED)
