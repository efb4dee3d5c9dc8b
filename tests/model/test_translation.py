"""Reverse NAT and tuple clashes (NAT-1, NAT-3, NAT-4, NAT-4a)."""

from __future__ import annotations

import pytest

from model.domain.address import parse_address
from model.domain.flow import Flow, Opener, Selection
from model.domain.operation import Operation, PutService, RemoveService
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from model.domain.service import Backend
from tests.model import maglev_by_hand
from tests.model.builder import SECOND, Connection, End, Network, both_families, connection, ends
from tests.model.node import Node, backend, flow_key, frontend, service

both_protocols = pytest.mark.parametrize("kind", [TCP, UDP], ids=["tcp", "udp"])


def at(net: Network, number: int, port: int = 8080) -> End:
    return End(net.backends[number - 1], port)


def servers(net: Network, count: int, first: int = 1) -> list[Backend]:
    return [backend(number, at(net, number)) for number in range(first, first + count)]


def one_backend(net: Network, kind: int = TCP) -> PutService:
    return service(1, [frontend(net.service, 80, kind)], servers(net, 1))


def client_of(net: Network, kind: int = TCP) -> Connection:
    return connection(net, net.service, kind=kind)


@both_families
@both_protocols
@pytest.mark.parametrize("change", ["nothing", "deleted", "moved", "backends-gone", "reused"])
def test_replies_come_from_the_service_that_the_client_used(
    net: Network, kind: int, change: str
) -> None:
    node, client = Node(one_backend(net, kind)), client_of(net, kind)
    node.send(client.out("S"))
    changes: dict[str, list[Operation]] = {
        "nothing": [],
        "deleted": [RemoveService(1)],
        "moved": [service(1, [frontend(net.other_service, 81, kind)], servers(net, 1))],
        "backends-gone": [service(1, [frontend(net.service, 80, kind)], [])],
        "reused": [
            RemoveService(1),
            service(2, [frontend(net.service, 80, kind)], servers(net, 1, first=5)),
        ],
    }
    node.apply(*changes[change])
    reply = node.receive(client.behind(at(net, 1)).back("SA"))
    assert (reply.reason, reply.data) == (Reason.REPLY, client.back("SA"))


@both_families
def test_replies_keep_the_frontend_that_each_connection_used(net: Network) -> None:
    put = service(1, [frontend(net.service, 80), frontend(net.external, 8000)], servers(net, 1))
    node = Node(put)
    clients = [connection(net, net.service, 80, 40000), connection(net, net.external, 8000, 40001)]
    for client in clients:
        node.send(client.out("S"))
    for client in clients:
        reply = node.receive(client.behind(at(net, 1)).back("SA"))
        assert ends(reply.data)[0] == client.far


@both_families
@pytest.mark.parametrize("missing", ["address", "port"])
def test_packets_of_a_flow_without_translation_data_are_dropped(net: Network, missing: str) -> None:
    node, client = Node(one_backend(net)), client_of(net)
    real = client.behind(at(net, 1))
    flow = Flow(
        expires=node.now + SECOND,
        load_balanced=True,
        service=1,
        service_address=b"" if missing == "address" else parse_address(net.service),
        service_port=0 if missing == "port" else 80,
    )
    node.put(flow_key(real), flow)
    before = node.table
    assert node.receive(real.back("SA")).reason is Reason.NO_TRANSLATION_DATA
    assert node.table == before


@both_families
@pytest.mark.parametrize("opener", Opener)
@both_protocols
def test_a_connection_avoids_the_backend_with_which_there_is_an_open_direct_flow(
    net: Network, kind: int, opener: Opener
) -> None:
    """Afterwards the two could not be told apart."""
    client = client_of(net, kind)
    put = service(1, [frontend(net.service, 80, kind)], servers(net, 2))
    free = ends(Node(put).send(client.out("S")).data)[1]
    other = next(at(net, number) for number in (1, 2) if at(net, number) != free)
    direct = client.behind(free)
    node = Node(put)
    first = ">" if opener is Opener.ENDPOINT else "<"
    node.step(direct, first + "S")
    sent = node.send(client.out("S"))
    assert (sent.reason, ends(sent.data)[1]) == (Reason.NEW, other)


@both_families
@pytest.mark.parametrize("opener", Opener)
def test_with_no_other_backend_a_clash_is_dropped(net: Network, opener: Opener) -> None:
    client = client_of(net)
    node = Node(one_backend(net))
    node.step(client.behind(at(net, 1)), ">S" if opener is Opener.ENDPOINT else "<S")
    before = node.table
    assert node.send(client.out("S")).reason is Reason.TUPLE_CLASH
    assert node.table == before


@both_families
def test_a_connection_avoids_a_backend_that_another_service_uses_for_the_same_port(
    net: Network,
) -> None:
    shared = service(1, [frontend(net.service)], servers(net, 1))
    other = service(2, [frontend(net.other_service)], [backend(9, at(net, 1))])
    node = Node(shared, other)
    assert node.send(client_of(net).out("S")).reason is Reason.NEW
    second = connection(net, net.other_service)
    assert node.send(second.out("S")).reason is Reason.TUPLE_CLASH


@both_families
def test_two_frontends_of_one_service_clash_as_well(net: Network) -> None:
    node = Node(service(1, [frontend(net.service), frontend(net.external)], servers(net, 1)))
    assert node.send(client_of(net).out("S")).reason is Reason.NEW
    assert node.send(connection(net, net.external).out("S")).reason is Reason.TUPLE_CLASH


@both_families
def test_a_direct_connection_that_looks_like_an_open_load_balanced_one_is_dropped(
    net: Network,
) -> None:
    node, client = Node(one_backend(net)), client_of(net)
    node.send(client.out("S"))
    assert node.send(client.behind(at(net, 1)).out("S")).reason is Reason.TUPLE_CLASH


@both_families
@pytest.mark.parametrize("closing", [[">FA"], ["<FA"], [">R"]], ids=["fin", "peer-fin", "rst"])
def test_closing_flows_give_way_to_a_direct_connection(net: Network, closing: list[str]) -> None:
    node, client = Node(one_backend(net)), client_of(net)
    direct = client.behind(at(net, 1))
    node.send(client.out("S"))
    for step in closing:
        node.send(client.out(step[1:])) if step[0] == ">" else node.receive(direct.back(step[1:]))
    handled = node.send(direct.out("S"))
    assert (handled.reason, handled.data) == (Reason.NEW, direct.out("S"))
    assert not node.flows[flow_key(direct)].load_balanced


@both_families
@pytest.mark.parametrize("opener", Opener)
@pytest.mark.parametrize("gone", ["closing", "expired"])
def test_closing_and_expired_flows_give_way_to_a_connection_to_a_service(
    net: Network, opener: Opener, gone: str
) -> None:
    node, client = Node(one_backend(net)), client_of(net)
    direct = client.behind(at(net, 1))
    sender = ">" if opener is Opener.ENDPOINT else "<"
    node.step(direct, sender + "S")
    if gone == "closing":
        node.step(direct, sender + "FA")
    else:
        node.wait(60 * SECOND)
    sent = node.send(client.out("S"))
    assert (sent.reason, ends(sent.data)[1]) == (Reason.NEW, at(net, 1))


@both_families
def test_a_reopened_connection_must_not_look_like_the_backends_own_open_flow(
    net: Network,
) -> None:
    """The backend has connected to the client's port, from the port that it serves at, since."""
    node, client = Node(one_backend(net)), client_of(net)
    direct = client.behind(at(net, 1))
    node.send(client.out("S"))
    node.send(client.out("FA"))
    assert node.receive(direct.back("S")).reason is Reason.NEW
    before = node.table
    assert node.send(client.out("S")).reason is Reason.TUPLE_CLASH
    assert node.table == before


def client_that_maglev_sends_to(net: Network, number: int, count: int) -> Connection:
    """A client whose port makes the algorithm name one of some backends."""
    all_ends = [at(net, each) for each in range(1, count + 1)]
    clients = (connection(net, net.service, near_port=port) for port in range(40000, 41000))
    return next(
        client
        for client in clients
        if maglev_by_hand.chosen(client.near, 1, all_ends, size=251) == at(net, number)
    )


@both_families
def test_a_reopened_connection_takes_another_backend_where_the_old_one_clashes(
    net: Network,
) -> None:
    node = Node(service(1, [frontend(net.service)], servers(net, 2)))
    client = client_that_maglev_sends_to(net, 1, 2)
    direct = client.behind(at(net, 1))
    node.send(client.out("S"))
    node.send(client.out("FA"))
    node.receive(direct.back("S"))
    sent = node.send(client.out("S"))
    assert (sent.reason, ends(sent.data)[1]) == (Reason.NEW, at(net, 2))
    assert flow_key(direct) not in node.flows


def blocked(node: Node, client: Connection, ends_in_the_way: list[End]) -> None:
    """Open direct flows of the client's port with some backends."""
    for end in ends_in_the_way:
        node.put(flow_key(client.behind(end)), Flow(expires=node.now + SECOND))


def in_order_of_attempts(net: Network, client: Connection, count: int) -> list[End]:
    """All backends from the algorithm's choice on; the builder's addresses are in order."""
    all_ends = [at(net, number) for number in range(1, count + 1)]
    first = maglev_by_hand.chosen(client.near, 1, all_ends, size=251)
    place = all_ends.index(first)
    return all_ends[place:] + all_ends[:place]


@both_families
@pytest.mark.parametrize("in_the_way", [1, 2, 15])
def test_the_next_backends_are_tried_in_order(net: Network, in_the_way: int) -> None:
    node = Node(service(1, [frontend(net.service)], servers(net, 20)))
    client = client_of(net)
    order = in_order_of_attempts(net, client, 20)
    blocked(node, client, order[:in_the_way])
    assert ends(node.send(client.out("S")).data)[1] == order[in_the_way]


@both_families
def test_sixteen_backends_are_tried_and_no_more(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], servers(net, 20)))
    client = client_of(net)
    blocked(node, client, in_order_of_attempts(net, client, 20)[:16])
    assert node.send(client.out("S")).reason is Reason.TUPLE_CLASH


@both_families
def test_fewer_backends_are_tried_once_each(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], servers(net, 3)))
    client = client_of(net)
    blocked(node, client, [at(net, number) for number in (1, 2, 3)])
    assert node.send(client.out("S")).reason is Reason.TUPLE_CLASH


@both_families
def test_other_ports_and_protocols_do_not_clash(net: Network) -> None:
    node, client = Node(one_backend(net)), client_of(net)
    blocked(node, connection(net, net.service, near_port=40001), [at(net, 1)])
    blocked(node, connection(net, net.service, kind=UDP), [at(net, 1)])
    blocked(node, connection(net, net.service, kind=SCTP), [at(net, 1)])
    blocked(node, client, [at(net, 1, 8081), at(net, 2)])
    assert node.send(client.out("S")).reason is Reason.NEW


@both_families
def test_nothing_enters_as_if_it_were_a_reply_of_the_service(net: Network) -> None:
    """NAT-4b: what the service address itself sends would pass for a reply of the backend."""
    node, client = Node(one_backend(net)), client_of(net)
    node.send(client.out("S"))
    assert node.selections == {flow_key(client): Selection(1, 1)}
    handled = node.receive(client.back("SA"))
    assert handled.reason is Reason.TUPLE_CLASH
