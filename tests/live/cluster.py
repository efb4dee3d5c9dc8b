"""The network of tests/live/network.py with the datapath on the pod's interface at the node."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyroute2 import IPRoute

from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.kernel.interface import LoadedObject, Program
from harness.kernel.loader import load
from model.domain.address import Family, parse_address
from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.operation import Operation, PutEndpoint, SetConfiguration
from model.domain.protocol import UDP
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey
from tests.live.namespaces import NetworkNamespace
from tests.live.network import FRAGMENTS, NODE, WHOLE, Network, network
from tests.model import builder
from tests.model.builder import IPV4, IPV6, End
from tests.model.node import backend, frontend, service

ACCEPT = Path(__file__).with_name("accept.bpf.c")
SERVICE_PORT, SERVER_PORT, CLIENT_PORT = 80, 8080, 40000
INGRESS, EGRESS = "ffff:fff2", "ffff:fff3"
ETH_P_ALL = 3
SECONDS = 2.0
"""How long a socket waits for what should come."""

SOCKETS = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}


@dataclass(frozen=True)
class Cluster:
    """Namespaces, and the datapath in them; `programs` are those that are attached."""

    network: Network
    subject: KernelSubject
    programs: tuple[Program, ...]

    def counted(self, hook: Hook, reason: Reason) -> int:
        """Packets that ended so."""
        counters = self.subject.state().counters
        return counters.get(CounterKey(hook, reason), Counter(0, 0)).packets

    def reassemble(self, *, wanted: bool) -> None:
        """Configure the defragmentation interface, or none."""
        self.subject.apply([configuration(FRAGMENTS if wanted else 0)])

    @contextmanager
    def client(self, net: builder.Network) -> Iterator[socket.socket]:
        """A UDP socket of the pod's."""
        with udp(self.network.pod, net.family, net.pod, CLIENT_PORT) as client:
            yield client

    @contextmanager
    def server(self, net: builder.Network) -> Iterator[socket.socket]:
        """A UDP socket where the service's backend is."""
        with udp(self.network.server, net.family, net.backends[0], SERVER_PORT) as server:
            yield server


@contextmanager
def cluster(*, tracks_everything: bool) -> Iterator[Cluster]:
    """Set it up; see `network`."""
    with ExitStack() as stack:
        made = stack.enter_context(network(tracks_everything=tracks_everything))
        subject = stack.enter_context(Bench()).open()
        subject.apply(operations())
        helper = load(ACCEPT)
        stack.callback(helper.close)
        programs = attach(made.node, subject.loaded, helper)
        yield Cluster(made, subject, programs)


def operations() -> list[Operation]:
    """The pod, a service of each family behind which the server is, and FRAG-2's interface."""
    addresses = parse_address(IPV4.pod), parse_address(IPV6.pod)
    services = [
        service(
            number,
            [frontend(net.service, SERVICE_PORT, UDP)],
            [backend(number, End(net.backends[0], SERVER_PORT))],
        )
        for number, net in enumerate((IPV4, IPV6), 1)
    ]
    return [
        configuration(FRAGMENTS),
        PutEndpoint(Endpoint(1, "pod", NODE, 100, *addresses)),
        *services,
    ]


def configuration(defragmentation_interface: int) -> Operation:
    """The default configuration, but for where fragments go (FRAG-2)."""
    return SetConfiguration(Configuration(defragmentation_interface=defragmentation_interface))


def attach(
    node: NetworkNamespace, loaded: LoadedObject, helper: LoadedObject
) -> tuple[Program, ...]:
    """The datapath at the node's end of the pod's interface, and the helper of FRAG-2."""
    places = [
        (NODE, loaded.programs["from_container"], INGRESS),
        (NODE, loaded.programs["to_container"], EGRESS),
        (WHOLE, helper.programs["accept"], INGRESS),
    ]
    with node.entered(), IPRoute() as netlink:
        netlink.tc("add", "clsact", NODE)
        add_filters(netlink, places)
    return tuple(program for _, program, _ in places)


def add_filters(netlink: IPRoute, places: Iterable[tuple[int, Program, str]]) -> None:
    """Attach programs by descriptor, so that filters and callers share one set of maps."""
    for interface, program, parent in places:
        handle = {"fd": program.fd, "name": program.name, "classid": 1, "direct_action": True}
        where = {"parent": parent, "prio": 1, "protocol": ETH_P_ALL}
        netlink.tc("add-filter", "bpf", interface, ":1", **handle, **where)


@contextmanager
def udp(
    namespace: NetworkNamespace, family: Family, address: str, port: int
) -> Iterator[socket.socket]:
    """A bound UDP socket that does not wait for ever."""
    with namespace.entered():
        made = socket.socket(SOCKETS[family], socket.SOCK_DGRAM)
    with made:
        made.bind((address, port))
        made.settimeout(SECONDS)
        yield made
