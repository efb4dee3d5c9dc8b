"""Random failing sequences: shipped scenarios in disguise, with noise; rounds of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import draw_swarm
from harness.fuzz.generate.topology import draw_topology
from harness.fuzz.round import Walk
from harness.fuzz.settings import ROUND_STEPS
from harness.fuzz.traffic.stream import Stream
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import up_to
from harness.lockstep.result import Divergence
from harness.shrink.names import Names, collect
from harness.shrink.rename import renamed
from harness.shrink.search import bare
from harness.shrink.view import operations_of
from harness.step import ClockStep, CollectStep, OperationStep, PacketStep, Scenario, Step
from model.domain.endpoint import Direction, Endpoint
from model.domain.event import Hook
from model.domain.operation import PutEndpoint, PutRule, PutService
from model.domain.packet import Packet
from model.domain.policy import PolicyRule, RuleVerdict
from model.domain.protocol import TCP, UDP
from model.domain.service import Backend, Service

Run = Callable[[Scenario], Divergence | None]
TRIES = 30
ROUNDS = 100
SHORT = 1_000_000
"""A gap that no timeout notices: a millisecond."""


def failing_sequence(seed: int, diverging: Sequence[Scenario], run: Run) -> Divergence | None:
    """A divergence in a random sequence, from one of the scenarios that are known to diverge."""
    random = Random(seed)  # noqa: S311 - an input that repeats itself
    for _ in range(TRIES):
        scenario = replace(random.choice(diverging))
        found = run(noisy(random, disguised(random, scenario)))
        if found is not None:
            return found
    return None


def fuzzed_sequence(seed: int, lockstep: Lockstep) -> Divergence | None:
    """The first divergence that rounds of a campaign run into."""
    for number in range(ROUNDS):
        dice = Dice(seed, number)
        swarm = draw_swarm(dice)
        topology = draw_topology(dice, swarm)
        walked = Walk(lockstep, Stream(dice, swarm, topology), topology).run(ROUND_STEPS)
        if walked.divergence is not None:
            return up_to(walked.divergence)
    return None


def disguised(random: Random, scenario: Scenario) -> Scenario:
    """The scenario under random names, where that says the same."""
    names = collect(scenario, 0)
    offset = random.randint(1, 200)
    low = random.randint(1, 9)
    addresses = {old: shifted(new, offset) for old, new in names.addresses.items()}
    ports = {old: new + 100 * low for old, new in names.ports.items()}
    numbers = {
        key: new + (low if key[0] != "interface" else 0) for key, new in names.numbers.items()
    }
    return renamed(scenario, Names(addresses, ports, numbers, names.datagrams))


def shifted(address: bytes, offset: int) -> bytes:
    """Another address of the same network."""
    return (int.from_bytes(address, "big") + offset).to_bytes(len(address), "big")


def noisy(random: Random, scenario: Scenario) -> Scenario:
    """The scenario with steps before, between and after its own that have nothing to do with it."""
    endpoints = [one.endpoint for one in operations_of(scenario) if isinstance(one, PutEndpoint)]
    steps: list[Step] = []
    for step in scenario.steps:
        for _ in range(random.choice((0, 0, 1, 2, 4))):
            steps += noise(random, endpoints)
        steps.append(bare(step))
    for _ in range(5):
        steps += noise(random, endpoints)
    return replace(scenario, steps=tuple(steps))


def noise(random: Random, endpoints: list[Endpoint]) -> Iterator[Step]:
    """Something that happens besides."""
    kind = random.randrange(12)
    if kind == 0:
        yield ClockStep(random.randint(1, SHORT))
    elif kind == 1:
        yield CollectStep()
    elif kind == 2:
        number = random.randint(5000, 6000)
        backend = Backend(number, bytes((10, 77, 0, 1)), 9)
        yield OperationStep((PutService(Service(number, f"noise_{number}", (), (backend,))),))
    elif kind == 3 and endpoints:
        number, endpoint = random.randint(5000, 6000), random.choice(endpoints).identifier
        rule = PolicyRule(number, endpoint, Direction.EGRESS, 9000, RuleVerdict.DENY, protocol=47)
        yield OperationStep((PutRule(rule),))
    elif endpoints:
        yield PacketStep(stray_packet(random, random.choice(endpoints)))


def stray_packet(random: Random, endpoint: Endpoint) -> Packet:
    """A packet of a connection of its own."""
    own, other = endpoint.ipv4, bytes((10, 88, random.randrange(4), random.randrange(4)))
    if own is None or (random.random() < 0.3 and endpoint.ipv6 is not None):
        own, other = (
            endpoint.ipv6 or bytes(16),
            b"\xfd\x88" + bytes(13) + bytes((random.randrange(4),)),
        )
    hook = random.choice(list(Hook))
    ends = (own, other) if hook is Hook.FROM_CONTAINER else (other, own)
    ports = random.randint(30000, 30010), random.randint(7000, 7010)
    if hook is Hook.TO_CONTAINER:
        ports = ports[1], ports[0]
    protocol = random.choice((TCP, UDP))
    flags = random.choice((0x02, 0x10, 0x12, 0x11)) if protocol == TCP else 0
    headers = Headers(*ends, protocol, *ports, tcp_flags=flags, payload=random.choice((0, 7, 40)))
    return Packet(hook, endpoint.interface, build_frame(headers, hook, endpoint.interface))
