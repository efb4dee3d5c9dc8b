"""A pod, a peer and two services; packets of theirs; datapaths that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from harness.reference import ModelReference
from harness.step import PacketStep, Scenario, Step
from harness.subject import Refused
from model.domain.address import parse_address
from model.domain.configuration import SECOND
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import Operation, PutEndpoint, PutService
from model.domain.packet import Outcome, Packet
from model.domain.protocol import TCP as TCP_NUMBER
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from model.domain.state import State

POD, PEER = "10.0.1.5", "10.0.2.7"
WEB, LOTTERY = "10.96.0.10", "10.96.0.20"
SERVERS = tuple(f"10.0.3.{number}" for number in range(1, 5))
INTERFACE = 10
ETHERNET = Ether(src="02:00:00:00:00:0a", dst="02:ff:00:00:00:01", type=0x800)


def service(identifier: int, address: str, algorithm: Algorithm, **settings: object) -> Service:
    """A service with four servers, the last of which is quarantined."""
    frontend = Frontend(
        FrontendKind.CLUSTER_IP, FrontendKey(parse_address(address), 80, TCP_NUMBER)
    )
    backends = tuple(
        Backend(identifier * 10 + number, parse_address(server), 8080)
        for number, server in enumerate(SERVERS)
    )
    quarantined = replace(backends[-1], state=BackendState.QUARANTINED)
    return Service(
        identifier,
        f"service_{identifier}",
        (frontend,),
        (*backends[:-1], quarantined),
        algorithm,
        251,
        **settings,  # type: ignore[arg-type]  # by name
    )


TOPOLOGY: tuple[Operation, ...] = (
    PutEndpoint(Endpoint(1, "pod", INTERFACE, 100, parse_address(POD))),
    PutService(service(1, WEB, Algorithm.MAGLEV, affinity_timeout=3600 * SECOND)),
    PutService(service(2, LOTTERY, Algorithm.RANDOM)),
)


def scenario(*steps: Step, topology: tuple[Operation, ...] = TOPOLOGY) -> Scenario:
    """A scenario with these steps."""
    return Scenario("example", "example.yaml", topology, steps)


@cache
def leaves(port: int = 40000, flags: str = "S", to: str = PEER) -> PacketStep:
    """A TCP packet of the pod to port 80."""
    packet = IP(src=POD, dst=to, id=1) / TCP(sport=port, dport=80, flags=flags)
    return step(Hook.FROM_CONTAINER, bytes(ETHERNET / packet))


@cache
def enters(port: int = 40000, flags: str = "SA", source: str = PEER) -> PacketStep:
    """A TCP packet from port 80 to the pod."""
    packet = IP(src=source, dst=POD, id=1) / TCP(sport=80, dport=port, flags=flags)
    return step(Hook.TO_CONTAINER, bytes(ETHERNET / packet))


def first_fragment() -> PacketStep:
    """The first fragment of a datagram of the pod."""
    whole = IP(src=POD, dst=PEER, id=9) / UDP(sport=5, dport=6) / Raw(bytes(64))
    return step(Hook.FROM_CONTAINER, bytes(ETHERNET / fragment(whole, fragsize=32)[0]))


def step(hook: Hook, data: bytes) -> PacketStep:
    """A packet at a hook of the pod's interface."""
    return PacketStep(Packet(hook, INTERFACE, data), f"example.yaml:{len(data)}")


def flow_key(port: int = 40000, to: str = PEER) -> FlowKey:
    """Key of the pod's connection to port 80."""
    return FlowKey(parse_address(POD), parse_address(to), port, 80, TCP_NUMBER, Opener.ENDPOINT)


class Datapath(ModelReference):
    """A datapath that keeps to the specification in everything."""

    name = "datapath"

    @property
    def tables(self) -> State:
        """Its state itself, to be tampered with."""
        return self._machine.state


Alteration = Callable[[Datapath, Outcome], Outcome | Refused]


class WrongDatapath(Datapath):
    """A datapath that does one thing to one packet, counted from 1 since it was reset."""

    def __init__(self, packet: int, alteration: Alteration) -> None:
        super().__init__()
        self.wrong_at = packet
        self.alteration = alteration
        self.packets = 0

    def process(self, packet: Packet) -> Outcome | Refused:  # type: ignore[override]  # may refuse
        outcome = super().process(packet)
        self.packets += 1
        return self.alteration(self, outcome) if self.packets == self.wrong_at else outcome

    def reset(self) -> None:
        super().reset()
        self.packets = 0


class Lottery(Datapath):
    """A datapath whose free choices are these numbers in turn; it takes `operations` as given."""

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__()
        self.numbers = numbers
        self.drawn = 0

    def process(self, packet: Packet) -> Outcome:
        prediction = self.predict(packet, self.draw)
        self.commit(prediction)
        return prediction.outcome

    def draw(self, _count: int) -> int:
        self.drawn += 1
        return self.numbers[self.drawn - 1]

    def reset(self) -> None:
        super().reset()
        self.drawn = 0


class LotteryForAll(Lottery):
    """A lottery in which quarantined servers take part."""

    def apply(self, operations: Sequence[Operation]) -> None:
        super().apply([opened(operation) for operation in operations])


def opened(operation: Operation) -> Operation:
    """A service whose servers are all active; other operations as they are."""
    if not isinstance(operation, PutService):
        return operation
    backends = operation.service.backends
    active = tuple(replace(one, state=BackendState.ACTIVE) for one in backends)
    return PutService(replace(operation.service, backends=active))


def changed_flow(datapath: Datapath, key: FlowKey, **fields: object) -> None:
    """Change a flow in the datapath's table."""
    flow = datapath.tables.conntrack[key]
    assert isinstance(flow, Flow)
    datapath.tables.conntrack[key] = replace(flow, **fields)  # type: ignore[arg-type]  # by name
