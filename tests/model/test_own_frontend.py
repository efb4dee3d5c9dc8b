"""A backend that is its own frontend (LB-14), and impostors of a service (NAT-4b)."""

from __future__ import annotations

from model.domain.event import SelectionEvent
from model.domain.operation import PutService, RemoveService
from model.domain.reason import Reason
from model.domain.service import FrontendKind
from tests.model.builder import Connection, End, Network, both_families, connection
from tests.model.node import Node, backend, flow_key, frontend, service

PORT = 80


def node_address(net: Network) -> str:
    """An address of the node that a pod in the node's network listens on."""
    return net.backends[0]


def behind_itself(net: Network) -> PutService:
    own = frontend(node_address(net), PORT, kind=FrontendKind.EXTERNAL_IP)
    return service(1, [own], [backend(1, End(node_address(net), PORT))])


def client_of(net: Network) -> Connection:
    return connection(net, node_address(net), port=PORT)


@both_families
def test_a_backend_that_is_its_own_frontend_is_reached_unchanged(net: Network) -> None:
    node, client = Node(behind_itself(net)), client_of(net)
    syn, answer, ack = client.out("S"), client.back("SA"), client.out("A")
    opened, replied, established = node.send(syn), node.receive(answer), node.send(ack)
    assert [opened.reason, replied.reason, established.reason] == [
        Reason.NEW,
        Reason.REPLY,
        Reason.ESTABLISHED,
    ]
    assert [opened.data, replied.data, established.data] == [syn, answer, ack]


@both_families
def test_there_is_a_load_balanced_flow_and_no_selection(net: Network) -> None:
    node, client = Node(behind_itself(net)), client_of(net)
    opened = node.send(client.out("S"))
    assert not any(isinstance(event, SelectionEvent) for event in opened.events)
    assert list(node.table) == [flow_key(client)]
    assert (node.flow.load_balanced, node.flow.service) == (True, 1)


@both_families
def test_such_a_connection_outlives_its_service(net: Network) -> None:
    node, client = Node(behind_itself(net)), client_of(net)
    node.run(client, [">S", "<SA", ">A"])
    node.apply(RemoveService(1))
    assert node.send(client.out("A")).reason is Reason.ESTABLISHED


@both_families
def test_another_service_with_the_same_backend_clashes_with_it(net: Network) -> None:
    node = Node(
        behind_itself(net),
        service(2, [frontend(net.service, PORT)], [backend(2, End(node_address(net), PORT))]),
    )
    node.send(client_of(net).out("S"))
    second = connection(net, net.service, port=PORT)
    assert node.send(second.out("S")).reason is Reason.TUPLE_CLASH


@both_families
def test_an_impostor_may_enter_once_the_connection_is_closing(net: Network) -> None:
    """NAT-4b speaks of open flows: a closing one gives way, as everywhere."""
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    node, client = Node(put), connection(net, net.service)
    behind = client.behind(End(net.backends[0], 8080))
    node.send(client.out("S"))
    assert node.receive(client.back("S")).reason is Reason.TUPLE_CLASH
    node.receive(behind.back("R"))
    assert node.receive(client.back("S")).reason is Reason.NEW
