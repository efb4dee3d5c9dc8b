"""What is asked of the services, and when it has to be asked again (LB-15, LB-15a)."""

from __future__ import annotations

import pytest

from model.domain.configuration import Configuration
from model.domain.flow import Flow, Opener, Selection
from model.domain.operation import Operation, PutEntry, PutService, RemoveService, SetConfiguration
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.service import BackendState, FrontendKind
from model.trace import Trace
from model.world import World
from tests.model.builder import IPV4, SECOND, End, Network, both_families, connection
from tests.model.node import (
    Node,
    backend,
    backends,
    configure,
    flow_key,
    frontend,
    service,
    switches,
)

FIRST = 1
"""The revision before any service."""


def raising(net: Network, identifier: int = 9) -> PutService:
    """A service that has nothing to do with the packets here, and raises the revision."""
    return service(identifier, [frontend(net.external, 4000 + identifier)], [])


def web(net: Network, kind: int = UDP, timeout: int | None = None) -> PutService:
    servers = backends(net, 1)
    return service(1, [frontend(net.service, 80, kind)], servers, affinity_timeout=timeout)


def revision(node: Node) -> int:
    return node.flow.service_revision


@both_families
@pytest.mark.parametrize("opener", Opener)
def test_a_new_direct_flow_has_the_revision_of_its_time(net: Network, opener: Opener) -> None:
    node, direct = Node(), connection(net, net.peer, kind=UDP)
    node.apply(raising(net))
    _ = node.send(direct.out()) if opener is Opener.ENDPOINT else node.receive(direct.back())
    assert revision(node) == FIRST + 1


@pytest.mark.clause(hits=["LB-15"])
@both_families
def test_what_the_endpoint_sends_renews_its_direct_flow(net: Network) -> None:
    node, direct = Node(), connection(net, net.peer, kind=UDP)
    node.send(direct.out())
    node.apply(raising(net))
    assert node.receive(direct.back()).reason is Reason.REPLY
    assert revision(node) == FIRST
    assert node.send(direct.out()).reason is Reason.ESTABLISHED
    assert revision(node) == FIRST + 1


@pytest.mark.clause(misses=["LB-15"])
@both_families
def test_a_direct_flow_of_the_peers_is_never_renewed(net: Network) -> None:
    node, direct = Node(), connection(net, net.peer, kind=UDP)
    node.receive(direct.back())
    node.apply(raising(net))
    assert node.receive(direct.back()).reason is Reason.ESTABLISHED
    assert node.send(direct.out()).reason is Reason.REPLY
    assert revision(node) == FIRST


@both_families
def test_the_clients_packets_renew_the_selection_and_replies_do_not(net: Network) -> None:
    node, client = Node(web(net)), connection(net, net.service, kind=UDP)
    node.send(client.out())
    assert node.table[flow_key(client)] == Selection(1, 1, FIRST + 1)
    node.apply(raising(net))
    node.receive(client.behind(End(net.backends[0], 8080)).back())
    assert node.table[flow_key(client)] == Selection(1, 1, FIRST + 1)
    node.send(client.out())
    assert node.table[flow_key(client)] == Selection(1, 1, FIRST + 2)


@both_families
@pytest.mark.parametrize("sent", ["out", "back"])
def test_every_packet_renews_the_flow_of_a_service_without_affinity(
    net: Network, sent: str
) -> None:
    node, client = Node(web(net)), connection(net, net.service, kind=UDP)
    node.send(client.out())
    assert revision(node) == FIRST + 1
    node.apply(raising(net))
    server = client.behind(End(net.backends[0], 8080))
    _ = node.send(client.out()) if sent == "out" else node.receive(server.back())
    assert revision(node) == FIRST + 2


@both_families
def test_a_service_that_is_gone_has_no_affinity(net: Network) -> None:
    node, client = Node(web(net, timeout=SECOND)), connection(net, net.service, kind=UDP)
    node.send(client.out())
    assert revision(node) == 0
    node.apply(RemoveService(1))
    node.receive(client.behind(End(net.backends[0], 8080)).back())
    assert revision(node) == FIRST + 2


@both_families
def test_a_service_with_affinity_is_asked_with_each_packet(net: Network) -> None:
    node, client = Node(web(net, timeout=SECOND)), connection(net, net.service, kind=UDP)
    node.send(client.out())
    node.send(client.out())
    assert revision(node) == 0
    assert node.table[flow_key(client)] == Selection(1, 1, FIRST + 1)


@both_families
def test_a_service_that_gets_affinity_leaves_the_flow_as_it_was(net: Network) -> None:
    node, client = Node(web(net)), connection(net, net.service, kind=UDP)
    node.send(client.out())
    node.apply(web(net, timeout=SECOND))
    node.send(client.out())
    assert revision(node) == FIRST + 1
    assert node.table[flow_key(client)] == Selection(1, 1, FIRST + 2)


@both_families
def test_what_is_dropped_renews_nothing(net: Network) -> None:
    node, direct = Node(), connection(net, net.peer)
    node.send(direct.out("S"))
    node.apply(raising(net))
    assert node.send(direct.out("SF")).reason is Reason.INVALID_TCP_FLAGS
    assert revision(node) == FIRST


def test_it_starts_at_one() -> None:
    assert World().service_revision == FIRST


def prepared() -> World:
    """Services 1 (two frontends of two kinds, without affinity) and 2 (with affinity)."""
    world = World()
    world.apply([PLAIN, STICKY], Trace())
    return world


CLUSTER = frontend(IPV4.service)
NODE_PORT = frontend(IPV4.external, 30080, TCP, FrontendKind.NODE_PORT)
ONE = backend(1, End(IPV4.backends[0], 80))
GONE = backend(1, End(IPV4.backends[0], 80), BackendState.QUARANTINED)
PLAIN = service(1, [CLUSTER, NODE_PORT], [ONE])
STICKY = service(2, [], [], affinity_timeout=SECOND)
RAISING: dict[str, tuple[Operation, ...]] = {
    "frontend-added": (service(1, [CLUSTER, NODE_PORT, frontend(IPV4.service, 81)], [ONE]),),
    "frontend-removed": (service(1, [CLUSTER], [ONE]),),
    "service-removed": (RemoveService(1),),
    "frontend-of-another": (service(1, [NODE_PORT], [ONE]), service(3, [CLUSTER], [])),
    "this-node-alone": (service(1, [CLUSTER, NODE_PORT], [ONE], internal_local=True),),
    "an-address-of-services": (service(1, [CLUSTER, frontend(IPV4.external, 30080)], [ONE]),),
    "affinity-begins": (service(1, [CLUSTER, NODE_PORT], [ONE], affinity_timeout=SECOND),),
    "affinity-as-it-was": (STICKY,),
    "affinity-ends": (service(2, [], []),),
    "affinity-goes": (RemoveService(2),),
    "several": (RemoveService(1), RemoveService(2), service(3, [CLUSTER], [])),
}
NOT_RAISING: dict[str, tuple[Operation, ...]] = {
    "backends": (service(1, [CLUSTER, NODE_PORT], [GONE]),),
    "the-same": (PLAIN,),
    "there-and-back": (RemoveService(1), PLAIN),
    "affinity-there-and-back": (
        service(1, [CLUSTER, NODE_PORT], [ONE], affinity_timeout=SECOND),
        PLAIN,
    ),
    "nothing-to-reach-it-by": (service(3, [], []),),
    "configuration": (configure(pick_up_mid_stream=False), switches(drops=True)),
    "entry": (PutEntry(flow_key(connection(IPV4, IPV4.peer)), Flow(1)),),
}


@pytest.mark.clause(hits=["LB-15a"])
@pytest.mark.parametrize("operations", RAISING.values(), ids=RAISING)
def test_what_changes_answers_raises_it_by_one(operations: tuple[Operation, ...]) -> None:
    world = prepared()
    before = world.service_revision
    world.apply(operations, Trace())
    assert world.service_revision == before + 1


@pytest.mark.clause(misses=["LB-15a"])
@pytest.mark.parametrize("operations", NOT_RAISING.values(), ids=NOT_RAISING)
def test_what_changes_no_answer_does_not(operations: tuple[Operation, ...]) -> None:
    world = prepared()
    before = world.service_revision
    world.apply(operations, Trace())
    assert world.service_revision == before


def test_policy_has_a_revision_of_its_own() -> None:
    world = prepared()
    before = world.policy_revision
    world.apply([RemoveService(1), SetConfiguration(Configuration())], Trace())
    assert world.policy_revision == before
