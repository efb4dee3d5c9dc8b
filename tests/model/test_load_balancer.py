"""Who serves a connection to a service (LB-1, LB-2, LB-3c, LB-5, LB-9, LB-9a, LB-12, LB-13)."""

from __future__ import annotations

import pytest

from model.domain.address import parse_address
from model.domain.configuration import SECOND
from model.domain.flow import Flow, Selection
from model.domain.operation import RemoveService
from model.domain.packet import Verdict
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from model.domain.service import Algorithm, Backend, BackendState, FrontendKind
from tests.model.builder import (
    IPV4,
    IPV6,
    End,
    Network,
    both_families,
    connection,
    ends,
    icmp,
)
from tests.model.node import Node, backend, backends, flow_key, frontend, service

ACTIVE, TERMINATING, QUARANTINED = (
    BackendState.ACTIVE,
    BackendState.TERMINATING,
    BackendState.QUARANTINED,
)
EXTERNAL_KINDS = [FrontendKind.EXTERNAL_IP, FrontendKind.LOAD_BALANCER_IP, FrontendKind.NODE_PORT]


def used_backends(node: Node, net: Network, address: str | None = None) -> set[End]:
    """Where forty new connections to a service go; nothing is recorded."""
    clients = [connection(net, address or net.service, 80, 40000 + n) for n in range(40)]
    handled = [node.send(client.out("S"), commit=False) for client in clients]
    return {ends(one.data)[1] for one in handled if one.reason is Reason.NEW}


def in_states(net: Network, *states: tuple[BackendState, bool]) -> list[Backend]:
    return [
        backend(number, End(net.backends[number - 1], 8080), state, serving)
        for number, (state, serving) in enumerate(states, 1)
    ]


def at(net: Network, *numbers: int) -> set[End]:
    return {End(net.backends[number - 1], 8080) for number in numbers}


@both_families
@pytest.mark.parametrize("kind", FrontendKind)
def test_frontends_of_every_kind_lead_to_the_backends(net: Network, kind: FrontendKind) -> None:
    node = Node(service(1, [frontend(net.external, 30080, TCP, kind)], backends(net, 1)))
    handled = node.send(connection(net, net.external, 30080).out("S"))
    assert handled.reason is Reason.NEW
    assert ends(handled.data)[1] == End(net.backends[0], 8080)


@both_families
def test_a_frontend_is_address_port_and_protocol(net: Network) -> None:
    kind = FrontendKind.NODE_PORT
    node = Node(service(1, [frontend(net.node, 30080, TCP, kind)], backends(net, 1)))
    node.send(connection(net, net.node, 30080).out("S"))
    for other in (
        connection(net, net.node, 30081),
        connection(net, net.stranger, 30080),
        connection(net, net.node, 30080, kind=UDP),
    ):
        assert node.send(other.out("S")).data == other.out("S")


@both_families
def test_tcp_and_udp_on_one_port_can_be_two_services(net: Network) -> None:
    tcp = service(1, [frontend(net.service, 53, TCP)], backends(net, 1))
    udp = service(2, [frontend(net.service, 53, UDP)], backends(net, 1, first=2))
    node = Node(tcp, udp)
    over_tcp = node.send(connection(net, net.service, 53).out("S"))
    over_udp = node.send(connection(net, net.service, 53, kind=UDP).out())
    assert ends(over_tcp.data)[1].address == net.backends[0]
    assert ends(over_udp.data)[1].address == net.backends[1]


def test_a_frontend_is_served_by_backends_of_its_own_family() -> None:
    both = [frontend(IPV4.service), frontend(IPV6.service)]
    node = Node(service(1, both, [*backends(IPV4, 3), *backends(IPV6, 3, first=11)]))
    assert used_backends(node, IPV4) == at(IPV4, 1, 2, 3)
    assert used_backends(node, IPV6) == at(IPV6, 11, 12, 13)
    node = Node(service(1, both, backends(IPV4, 3)))
    assert node.send(connection(IPV6, IPV6.service).out("S")).reason is Reason.NO_BACKEND


@both_families
def test_random_takes_any_eligible_backend_as_drawn(net: Network) -> None:
    put = service(1, [frontend(net.service)], backends(net, 5), Algorithm.RANDOM)
    client = connection(net, net.service)
    chosen = []
    for number in range(5):
        handled = Node(put).send(client.out("S"), draw=lambda _count, number=number: number)
        assert handled.draws == (5,)
        chosen.append(ends(handled.data)[1])
    assert chosen == [End(address, 8080) for address in net.backends[:5]]


@both_families
def test_known_connections_draw_no_further_backend(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], backends(net, 5), Algorithm.RANDOM))
    client = connection(net, net.service)
    first = node.send(client.out("S"), draw=lambda _count: 3)
    again = node.send(client.out("A"), draw=lambda _count: 1)
    assert again.draws == ()
    assert ends(again.data) == ends(first.data)


@both_families
def test_new_connections_go_to_active_backends_alone(net: Network) -> None:
    servers = in_states(
        net, (ACTIVE, True), (TERMINATING, True), (QUARANTINED, True), (ACTIVE, False)
    )
    node = Node(service(1, [frontend(net.service)], servers))
    assert used_backends(node, net) == at(net, 1, 4)


@both_families
def test_without_active_ones_they_go_to_terminating_backends_that_still_serve(
    net: Network,
) -> None:
    servers = in_states(
        net, (TERMINATING, True), (TERMINATING, False), (QUARANTINED, True), (TERMINATING, True)
    )
    node = Node(service(1, [frontend(net.service)], servers))
    assert used_backends(node, net) == at(net, 1, 4)


@both_families
@pytest.mark.parametrize(
    "states",
    [[], [(QUARANTINED, True)], [(TERMINATING, False)]],
    ids=["none", "quarantined", "terminating-and-not-serving"],
)
def test_without_eligible_backend_a_connection_is_dropped(
    net: Network, states: list[tuple[BackendState, bool]]
) -> None:
    node = Node(service(1, [frontend(net.service)], in_states(net, *states)))
    handled = node.send(connection(net, net.service).out("S"))
    assert (handled.reason, handled.verdict) == (Reason.NO_BACKEND, Verdict.DROP)
    assert node.table == {}


@both_families
def test_a_service_address_without_such_a_frontend_is_no_destination(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], backends(net, 1)))
    for data in (
        connection(net, net.service, 81).out("S"),
        connection(net, net.service, 80, kind=UDP).out(),
        icmp(net.pod, net.service, net.echo_request, identifier=7),
        icmp(net.pod, net.service, 13),
    ):
        assert node.send(data).reason is Reason.NO_SERVICE
    assert node.table == {}


@both_families
@pytest.mark.parametrize("kind", FrontendKind)
def test_a_nodes_own_address_stays_the_nodes(net: Network, kind: FrontendKind) -> None:
    """Only a node port leaves the other ports of its address alone."""
    node = Node(service(1, [frontend(net.node, 30080, TCP, kind)], backends(net, 1)))
    reason = node.send(connection(net, net.node, 22).out("S")).reason
    ping = node.send(icmp(net.pod, net.node, net.echo_request)).reason
    wanted = Reason.NEW if kind is FrontendKind.NODE_PORT else Reason.NO_SERVICE
    assert (reason, ping) == (wanted, wanted)


@both_families
def test_an_address_is_no_service_address_once_its_service_is_gone(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], backends(net, 1)), RemoveService(1))
    client = connection(net, net.service)
    assert node.send(client.out("S")).data == client.out("S")


@both_families
def test_services_do_not_concern_what_enters_a_pod(net: Network) -> None:
    node = Node(service(1, [frontend(net.pod, 80)], backends(net, 1)))
    entering = connection(net, net.peer, 50000, 80)
    handled = node.receive(entering.back("S"))
    assert (handled.reason, handled.data) == (Reason.NEW, entering.back("S"))


@both_families
def test_an_sctp_port_cannot_change(net: Network) -> None:
    client = connection(net, net.service, 80, kind=SCTP)
    put = service(1, [frontend(net.service, 80, SCTP)], backends(net, 1, port=81))
    node = Node(put)
    assert node.send(client.out()).reason is Reason.UNSUPPORTED
    assert node.table == {}
    same_port = service(1, [frontend(net.service, 80, SCTP)], backends(net, 1, port=80))
    assert Node(same_port).send(client.out()).reason is Reason.NEW


@both_families
def test_no_sctp_packet_of_a_flow_with_another_port_passes(net: Network) -> None:
    """No packet makes such a flow; somebody has put it into the table."""
    client = connection(net, net.service, 80, kind=SCTP)
    behind = client.behind(End(net.backends[0], 81))
    node = Node(service(1, [frontend(net.service, 80, SCTP)], backends(net, 1, port=81)))
    flow = Flow(
        expires=node.now + SECOND,
        load_balanced=True,
        service=1,
        service_address=parse_address(net.service),
        service_port=80,
    )
    node.put(flow_key(client), Selection(1, 1))
    node.put(flow_key(behind), flow)
    assert node.send(client.out()).reason is Reason.UNSUPPORTED
    assert node.receive(behind.back()).reason is Reason.UNSUPPORTED


@both_families
def test_an_sctp_port_that_cannot_change_is_noticed_before_a_clash(net: Network) -> None:
    """LB-10 belongs to step 5 of a packet's way, NAT-4 to step 6."""
    client = connection(net, net.service, 80, kind=SCTP)
    other_port = End(net.backends[0], 81)
    servers = [backend(1, other_port), backend(2, End(net.backends[1], 80))]
    node = Node(service(1, [frontend(net.service, 80, SCTP)], servers, Algorithm.RANDOM))
    node.send(client.behind(other_port).out())
    assert node.send(client.out(), draw=lambda _count: 0).reason is Reason.UNSUPPORTED
    assert node.send(client.out(), draw=lambda _count: 1).reason is Reason.NEW


def local_and_remote(net: Network) -> list[Backend]:
    return [
        backend(number, End(net.backends[number - 1], 8080), local=number < 3)
        for number in range(1, 5)
    ]


@both_families
@pytest.mark.parametrize("kind", FrontendKind)
@pytest.mark.parametrize("internal", [False, True])
@pytest.mark.parametrize("external", [False, True])
def test_the_traffic_policy_of_the_frontends_kind_keeps_connections_on_the_node(
    net: Network, kind: FrontendKind, internal: bool, external: bool
) -> None:
    put = service(
        1,
        [frontend(net.external, 80, TCP, kind)],
        local_and_remote(net),
        internal_local=internal,
        external_local=external,
    )
    local_only = external if kind in EXTERNAL_KINDS else internal
    wanted = at(net, 1, 2) if local_only else at(net, 1, 2, 3, 4)
    assert used_backends(Node(put), net, net.external) == wanted


@both_families
def test_traffic_policy_local_prefers_terminating_ones_here_to_active_ones_elsewhere(
    net: Network,
) -> None:
    here = backend(1, End(net.backends[0], 8080), TERMINATING)
    elsewhere = backend(2, End(net.backends[1], 8080), local=False)
    put = service(1, [frontend(net.service)], [here, elsewhere], internal_local=True)
    assert used_backends(Node(put), net) == at(net, 1)


@both_families
def test_traffic_policy_local_without_a_backend_here_is_no_backend(net: Network) -> None:
    elsewhere = backend(1, End(net.backends[0], 8080), local=False)
    node = Node(service(1, [frontend(net.service)], [elsewhere], internal_local=True))
    assert node.send(connection(net, net.service).out("S")).reason is Reason.NO_BACKEND


@both_families
@pytest.mark.parametrize("kind", [TCP, UDP])
def test_a_flow_to_an_address_that_becomes_a_service_is_taken_over(net: Network, kind: int) -> None:
    node, client = Node(), connection(net, net.service, kind=kind)
    node.send(client.out("S"))
    node.apply(service(1, [frontend(net.service, 80, kind)], backends(net, 1)))
    handled = node.send(client.out("A"))
    assert handled.reason is Reason.NEW
    assert "LB-13" in handled.clauses
    assert ends(handled.data)[1] == End(net.backends[0], 8080)
    assert set(node.flows) == {flow_key(client.behind(End(net.backends[0], 8080)))}
    assert set(node.selections) == {flow_key(client)}


@both_families
def test_a_flow_to_a_service_address_leaves_no_more_even_without_such_a_frontend(
    net: Network,
) -> None:
    node, client = Node(), connection(net, net.service, 9999)
    node.send(client.out("S"))
    node.apply(service(1, [frontend(net.service)], backends(net, 1)))
    assert node.send(client.out("A")).reason is Reason.NO_SERVICE


@both_families
def test_a_ping_to_an_address_that_becomes_a_service_ends(net: Network) -> None:
    node = Node()
    ping = icmp(net.pod, net.service, net.echo_request, identifier=7)
    node.send(ping)
    node.apply(service(1, [frontend(net.service)], backends(net, 1)))
    assert node.send(ping).reason is Reason.NO_SERVICE


@both_families
def test_a_flow_to_a_node_port_that_comes_to_be_is_taken_over_and_its_neighbours_not(
    net: Network,
) -> None:
    node = Node()
    to_port = connection(net, net.node, 30080, kind=UDP)
    beside = connection(net, net.node, 30081, kind=UDP)
    node.send(to_port.out())
    node.send(beside.out())
    kind = FrontendKind.NODE_PORT
    node.apply(service(1, [frontend(net.node, 30080, UDP, kind)], backends(net, 1)))
    assert node.send(to_port.out()).reason is Reason.NEW
    assert node.send(beside.out()).reason is Reason.ESTABLISHED


@both_families
def test_a_pods_answers_to_a_peer_whose_address_becomes_a_service_go_on(net: Network) -> None:
    """LB-13 is about flows that the endpoint opened."""
    node, entering = Node(), connection(net, net.service, 50000, 80)
    node.run(entering, ["<S", ">SA"])
    node.apply(service(1, [frontend(net.service)], backends(net, 1)))
    assert node.send(entering.out("A")).reason is Reason.REPLY


@both_families
def test_replies_to_a_flow_whose_peer_became_a_service_still_enter(net: Network) -> None:
    node, client = Node(), connection(net, net.service, kind=UDP)
    node.send(client.out())
    node.apply(service(1, [frontend(net.service, 80, UDP)], backends(net, 1)))
    assert node.receive(client.back()).reason is Reason.REPLY
