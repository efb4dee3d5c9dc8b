"""Session affinity by client address (LB-7, LB-7a, NAT-4a)."""

from __future__ import annotations

import pytest

from model.domain.address import parse_address
from model.domain.flow import Affinity, AffinityKey, Flow, Opener
from model.domain.operation import PutService, RemoveService
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.service import Backend, BackendState
from tests.model import maglev_by_hand
from tests.model.builder import SECOND, End, Network, both_families, connection, ends
from tests.model.node import Node, backend, flow_key, frontend, service

TIMEOUT = 100 * SECOND
NUMBERS = range(1, 8)


def at(net: Network, number: int) -> End:
    return End(net.backends[number - 1], 8080)


def sticky(
    net: Network,
    *servers: Backend,
    timeout: int | None = TIMEOUT,
    kind: int = TCP,
    address: str | None = None,
    identifier: int = 1,
) -> PutService:
    """A service with affinity and, unless others are given, seven backends."""
    return service(
        identifier,
        [frontend(address or net.service, 80, kind)],
        servers or [backend(number, at(net, number)) for number in NUMBERS],
        affinity_timeout=timeout,
    )


def key(net: Network, identifier: int = 1) -> AffinityKey:
    return AffinityKey(parse_address(net.pod), identifier)


def connect(node: Node, net: Network, port: int, kind: int = TCP, address: str = "") -> End:
    """The backend of a new connection."""
    handled = node.send(connection(net, address or net.service, 80, port, kind).out("S"))
    assert handled.reason is Reason.NEW
    return ends(handled.data)[1]


@both_families
def test_all_connections_of_a_client_go_to_one_backend(net: Network) -> None:
    node = Node(sticky(net))
    assert len({connect(node, net, port) for port in range(40000, 40050)}) == 1


@both_families
def test_the_first_backend_is_chosen_without_the_clients_port(net: Network) -> None:
    client = End(net.pod, 40000)
    servers = [at(net, number) for number in NUMBERS]
    wanted = maglev_by_hand.chosen(client, 1, servers, size=251, affinity=True)
    for port in (40000, 40001, 50000):
        assert connect(Node(sticky(net)), net, port) == wanted


@both_families
def test_a_recorded_connection_makes_its_backend_the_affine_one(net: Network) -> None:
    node = Node(sticky(net, backend(3, at(net, 3))))
    connect(node, net, 40000)
    assert node.state.affinities == {key(net): Affinity(backend=3, last_use=node.now)}


@both_families
def test_affinity_outlives_the_algorithms_choice(net: Network) -> None:
    """The affine backend was the only one; with seven the algorithm would choose another."""
    node = Node()
    for number in NUMBERS:
        node.apply(sticky(net, backend(number, at(net, number))))
        affine = connect(node, net, 40000 + number)
        node.apply(sticky(net))
        assert connect(node, net, 41000 + number) == affine == at(net, number)


@both_families
@pytest.mark.parametrize(("wait", "kept"), [(TIMEOUT - 1, True), (TIMEOUT, False)])
def test_affinity_ends_its_timeout_after_the_last_use(net: Network, wait: int, kept: bool) -> None:
    for number in NUMBERS:
        node = Node(sticky(net, backend(number, at(net, number))))
        connect(node, net, 40000)
        node.apply(sticky(net))
        node.wait(wait)
        chosen = connect(node, net, 40001)
        unaffine = connect(Node(sticky(net)), net, 40001)
        assert chosen == (at(net, number) if kept else unaffine)


@both_families
@pytest.mark.parametrize("step", [">A", "<A"], ids=["client-sends", "backend-answers"])
def test_packets_of_both_directions_renew_the_last_use(net: Network, step: str) -> None:
    node = Node(sticky(net, backend(3, at(net, 3))))
    client = connection(net, net.service)
    node.send(client.out("S"))
    node.wait(30 * SECOND)
    real = client.behind(at(net, 3))
    handled = node.send(client.out("A")) if step == ">A" else node.receive(real.back("A"))
    assert handled.reason in {Reason.ESTABLISHED, Reason.REPLY}
    assert node.state.affinities[key(net)] == Affinity(3, node.now)


@both_families
def test_packets_of_old_connections_renew_the_affinity_to_another_backend(net: Network) -> None:
    """Every flow of the client to the service counts, whichever backend it has."""
    node = Node(sticky(net, backend(3, at(net, 3))))
    connect(node, net, 40000)
    ending = backend(3, at(net, 3), BackendState.TERMINATING)
    node.apply(sticky(net, ending, backend(4, at(net, 4))))
    assert connect(node, net, 40001) == at(net, 4)
    node.wait(SECOND)
    assert ends(node.send(connection(net, net.service).out("A")).data)[1] == at(net, 3)
    assert node.state.affinities[key(net)] == Affinity(4, node.now)


@both_families
def test_an_affinity_that_has_ended_is_not_renewed(net: Network) -> None:
    node = Node(sticky(net, backend(3, at(net, 3)), timeout=20 * SECOND))
    connect(node, net, 40000)
    begin = node.now
    node.wait(20 * SECOND)
    assert node.send(connection(net, net.service).out("A")).reason is Reason.ESTABLISHED
    assert node.state.affinities[key(net)] == Affinity(3, begin)


@both_families
@pytest.mark.parametrize("change", ["removed", "no-affinity"])
def test_nothing_is_renewed_once_the_service_or_its_affinity_is_gone(
    net: Network, change: str
) -> None:
    node = Node(sticky(net, backend(3, at(net, 3))))
    client = connection(net, net.service)
    node.send(client.out("S"))
    begin = node.now
    gone = RemoveService(1) if change == "removed" else sticky(net, timeout=None)
    node.apply(gone)
    node.wait(SECOND)
    reply = node.receive(client.behind(at(net, 3)).back("SA"))
    assert reply.reason is Reason.REPLY
    assert node.state.affinities[key(net)] == Affinity(3, begin)


@both_families
@pytest.mark.parametrize("state", [BackendState.QUARANTINED, BackendState.TERMINATING, None])
def test_an_affine_backend_that_is_not_eligible_is_left(
    net: Network, state: BackendState | None
) -> None:
    node = Node(sticky(net, backend(3, at(net, 3))))
    connect(node, net, 40000)
    old = [] if state is None else [backend(3, at(net, 3), state)]
    node.apply(sticky(net, *old, backend(4, at(net, 4))))
    assert connect(node, net, 40001) == at(net, 4)
    assert node.state.affinities[key(net)].backend == 4


@both_families
def test_affinity_is_per_service(net: Network) -> None:
    other = sticky(net, backend(4, at(net, 4)), address=net.other_service, identifier=2)
    node = Node(sticky(net, backend(3, at(net, 3))), other)
    connect(node, net, 40000)
    connect(node, net, 40000, address=net.other_service)
    affinities = node.state.affinities
    assert {affinities[key(net, 1)].backend, affinities[key(net, 2)].backend} == {3, 4}


@both_families
def test_affinity_holds_for_every_frontend_of_a_service(net: Network) -> None:
    """Its TCP and its UDP port share the affine backend."""
    frontends = [frontend(net.service, 53, TCP), frontend(net.service, 53, UDP)]
    servers = [backend(number, at(net, number)) for number in NUMBERS]
    node = Node(service(1, frontends, servers[:1], affinity_timeout=TIMEOUT))
    node.send(connection(net, net.service, 53).out("S"))
    node.apply(service(1, frontends, servers, affinity_timeout=TIMEOUT))
    over_udp = node.send(connection(net, net.service, 53, kind=UDP).out())
    assert ends(over_udp.data)[1] == at(net, 1)


@both_families
def test_a_service_without_affinity_remembers_no_client(net: Network) -> None:
    node = Node(sticky(net, timeout=None))
    connect(node, net, 40000)
    assert node.state.affinities == {}


@both_families
def test_a_reset_that_is_not_recorded_makes_no_affinity(net: Network) -> None:
    node = Node(sticky(net))
    node.send(connection(net, net.service).out("R"))
    assert node.state.affinities == {}


@both_families
def test_affinity_that_leads_to_a_clash_is_left_aside(net: Network) -> None:
    """An open direct flow to the affine backend has the client's port."""
    node = Node(sticky(net, backend(3, at(net, 3))))
    connect(node, net, 40000)
    direct = connection(net, at(net, 3).address, 8080, 41000)
    node.put(flow_key(direct, Opener.ENDPOINT), Flow(expires=node.now + SECOND))
    node.apply(sticky(net))
    others = [at(net, number) for number in NUMBERS]
    wanted = maglev_by_hand.chosen(direct.near, 1, others, size=251, affinity=True)
    chosen = connect(node, net, 41000)
    assert chosen != at(net, 3)
    assert wanted in {chosen, at(net, 3)}
