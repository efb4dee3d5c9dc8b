"""Long random runs of one pod over small tables, both families mixed."""

from __future__ import annotations

from random import Random

from harness.step import ClockStep, CollectStep, PacketStep, Scenario, Step
from model.domain.configuration import SECOND
from model.domain.event import Hook
from model.domain.limits import Limits
from model.domain.operation import Operation, PutEndpoint, PutService
from model.domain.packet import Packet
from model.domain.protocol import UDP
from tests.model.builder import IPV4, IPV6, Connection, End, Network, connection
from tests.model.fragment import first_fragment, last_fragment
from tests.model.node import POD_INTERFACE, backend, frontend, pod, service, switches

NETWORKS = (IPV4, IPV6)
SERVICES = range(1, 4)
SERVERS = 2
FLAGS_OUT = ("S", "S", "S", "A", "A", "FA", "R")
FLAGS_BACK = ("SA", "A", "FA", "RA")
KINDS = ("direct", "service", "from backend", "from peer", "fragment", "clock", "collector")
WEIGHTS = (200, 300, 120, 80, 100, 10, 2)
LONGEST_WAIT = 20 * SECOND


def shop(number: int) -> PutService:
    """A service with affinity and servers of both families."""
    return service(
        number,
        [frontend(net.service, 80 + number) for net in NETWORKS],
        [
            backend(100 * number + 10 * place + index, server_of(net, number, index))
            for place, net in enumerate(NETWORKS)
            for index in range(SERVERS)
        ],
        affinity_timeout=100 * SECOND,
    )


def server_of(net: Network, number: int, index: int) -> End:
    """A service's server."""
    return End(net.backends[index], 8000 + number)


def scenario(limits: Limits, seed: int, length: int, ports: int) -> Scenario:
    """So many random steps on tables of these sizes, with so many ports of the pod."""
    topology: tuple[Operation, ...] = (
        PutEndpoint(pod()),
        switches(traces=True),
        *(shop(number) for number in SERVICES),
    )
    random = Random(seed)  # noqa: S311 - the same run each time
    steps = tuple(step(random, ports) for _ in range(length))
    return Scenario(f"full tables, seed {seed}", "random", topology, steps, limits=limits)


def step(random: Random, ports: int) -> Step:
    """A packet mostly."""
    net, port = random.choice(NETWORKS), 40000 + random.randrange(ports)
    number = random.choice(SERVICES)
    match random.choices(KINDS, WEIGHTS)[0]:
        case "direct":
            return leaves(connection(net, net.peer, 80, port).out(random.choice(FLAGS_OUT)))
        case "service":
            asked = connection(net, net.service, 80 + number, port)
            return leaves(asked.out(random.choice(FLAGS_OUT)))
        case "from backend":
            server = server_of(net, number, random.randrange(SERVERS))
            answer = Connection(End(net.pod, port), server).back(random.choice(FLAGS_BACK))
            return enters(answer)
        case "from peer":
            return enters(connection(net, net.peer, 80, port).back(random.choice(FLAGS_BACK)))
        case "fragment":
            return leaves(fragment_of(net, port, random))
        case "clock":
            return ClockStep(random.randrange(1, LONGEST_WAIT))
        case _:
            return CollectStep()


def fragment_of(net: Network, port: int, random: Random) -> bytes:
    """The first or the last fragment of a datagram to the peer."""
    whole = connection(net, net.peer, 53, port, UDP).out(payload=bytes(160))
    cut = random.choice((first_fragment, last_fragment))
    return cut(net, whole, identification=random.randrange(12))


def leaves(data: bytes) -> PacketStep:
    """A packet of the pod."""
    return PacketStep(Packet(Hook.FROM_CONTAINER, POD_INTERFACE, data))


def enters(data: bytes) -> PacketStep:
    """A packet to the pod."""
    return PacketStep(Packet(Hook.TO_CONTAINER, POD_INTERFACE, data))
