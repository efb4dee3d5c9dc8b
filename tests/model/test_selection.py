"""How long a choice is kept (LB-4, LB-4a, LB-5, LB-6, LB-6a, CT-1a, CT-4a, CT-6, CT-13)."""

from __future__ import annotations

import pytest

from model.domain.flow import Flow, Selection
from model.domain.operation import PutService, RemoveEntry, RemoveService
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.service import BackendState
from tests.model.builder import SECOND, Connection, End, Network, both_families, connection, ends
from tests.model.node import Node, backend, configure, flow_key, frontend, service

both_protocols = pytest.mark.parametrize("kind", [TCP, UDP], ids=["tcp", "udp"])


def at(net: Network, number: int) -> End:
    return End(net.backends[number - 1], 8080)


def served_by(net: Network, *numbers: int, kind: int = TCP, identifier: int = 1) -> PutService:
    """A service with some of the backends, each with its own identifier."""
    servers = [backend(number, at(net, number)) for number in numbers]
    return service(identifier, [frontend(net.service, 80, kind)], servers)


def in_state(net: Network, state: BackendState, *more: int, kind: int = TCP) -> PutService:
    """The service with backend 1 in a state, and some others."""
    servers = [backend(1, at(net, 1), state), *(backend(n, at(net, n)) for n in more)]
    return service(1, [frontend(net.service, 80, kind)], servers)


def client_of(net: Network, kind: int = TCP) -> Connection:
    return connection(net, net.service, kind=kind)


def connected(net: Network, kind: int = TCP) -> Node:
    """A node whose pod has a connection to backend 1, the only one so far."""
    node = Node(served_by(net, 1, kind=kind))
    node.send(client_of(net, kind).out("S"))
    node.receive(client_of(net, kind).behind(at(net, 1)).back("SA"))
    node.send(client_of(net, kind).out("A"))
    return node


def next_backend(node: Node, net: Network, kind: int = TCP, flags: str = "A") -> tuple[Reason, End]:
    handled = node.send(client_of(net, kind).out(flags))
    return handled.reason, ends(handled.data)[1]


@both_families
@both_protocols
def test_flow_and_selection_are_recorded_together(net: Network, kind: int) -> None:
    node, client = connected(net, kind), client_of(net, kind)
    assert set(node.flows) == {flow_key(client.behind(at(net, 1)))}
    assert node.selections == {flow_key(client): Selection(service=1, backend=1)}
    flow = node.flow
    assert flow.load_balanced
    assert flow.service == 1
    assert flow.service_port == 80


@both_families
@both_protocols
def test_the_choice_is_kept_when_backends_are_added(net: Network, kind: int) -> None:
    node = connected(net, kind)
    node.apply(served_by(net, *range(1, 30), kind=kind))
    assert next_backend(node, net, kind) == (Reason.ESTABLISHED, at(net, 1))


@both_families
@both_protocols
@pytest.mark.parametrize("state", [BackendState.ACTIVE, BackendState.TERMINATING])
def test_the_choice_is_kept_while_its_backend_is_active_or_terminating(
    net: Network, kind: int, state: BackendState
) -> None:
    node = connected(net, kind)
    node.apply(in_state(net, state, 2, 3, kind=kind))
    assert next_backend(node, net, kind) == (Reason.ESTABLISHED, at(net, 1))


@both_families
def test_a_terminating_backend_that_no_longer_serves_keeps_its_connections(net: Network) -> None:
    node = connected(net)
    ending = backend(1, at(net, 1), BackendState.TERMINATING, serving=False)
    node.apply(service(1, [frontend(net.service)], [ending, backend(2, at(net, 2))]))
    assert next_backend(node, net) == (Reason.ESTABLISHED, at(net, 1))


@both_families
@both_protocols
@pytest.mark.parametrize("how", ["removed", "quarantined"])
def test_a_backend_that_is_gone_is_replaced_at_once(net: Network, kind: int, how: str) -> None:
    node = connected(net, kind)
    if how == "removed":
        node.apply(served_by(net, 2, kind=kind))
    else:
        node.apply(in_state(net, BackendState.QUARANTINED, 2, kind=kind))
    assert next_backend(node, net, kind) == (Reason.NEW, at(net, 2))
    assert node.selections == {flow_key(client_of(net, kind)): Selection(1, 2)}
    assert next_backend(node, net, kind) == (Reason.ESTABLISHED, at(net, 2))


@both_families
def test_a_backend_that_serves_another_service_now_is_gone(net: Network) -> None:
    node = connected(net)
    elsewhere = service(2, [frontend(net.other_service)], [backend(1, at(net, 1))])
    node.apply(elsewhere, served_by(net, 2))
    assert next_backend(node, net) == (Reason.NEW, at(net, 2))


@both_families
@both_protocols
def test_late_replies_of_a_replaced_backend_are_translated_until_the_old_flow_expires(
    net: Network, kind: int
) -> None:
    node, client = connected(net, kind), client_of(net, kind)
    node.apply(served_by(net, 2, kind=kind))
    node.send(client.out("A"))
    late = node.receive(client.behind(at(net, 1)).back("A"))
    assert (late.reason, late.data) == (Reason.REPLY, client.back("A"))
    assert set(node.flows) == {flow_key(client.behind(at(net, number))) for number in (1, 2)}


@both_families
def test_without_another_backend_a_connection_to_one_that_is_gone_is_dropped(
    net: Network,
) -> None:
    node = connected(net)
    node.apply(served_by(net))
    before = node.table
    assert node.send(client_of(net).out("A")).reason is Reason.NO_BACKEND
    assert node.table == before


@both_families
@both_protocols
def test_a_backend_that_is_removed_and_added_again_is_another_backend(
    net: Network, kind: int
) -> None:
    node = connected(net, kind)
    again = service(1, [frontend(net.service, 80, kind)], [backend(9, at(net, 1))])
    node.apply(again)
    handled = node.send(client_of(net, kind).out("A"))
    assert "LB-6" in handled.clauses
    assert node.selections == {flow_key(client_of(net, kind)): Selection(1, 9)}


@both_families
@both_protocols
def test_a_choice_is_not_used_for_another_service_at_the_same_frontend(
    net: Network, kind: int
) -> None:
    node = connected(net, kind)
    node.apply(RemoveService(1), served_by(net, 2, kind=kind, identifier=2))
    assert next_backend(node, net, kind) == (Reason.NEW, at(net, 2))
    assert node.selections == {flow_key(client_of(net, kind)): Selection(2, 2)}


@both_families
def test_a_choice_is_not_used_while_its_frontend_belongs_to_another_service(
    net: Network,
) -> None:
    """The old service goes on under another frontend; its backend is as good as before."""
    node = connected(net)
    moved = service(1, [frontend(net.other_service)], [backend(1, at(net, 1))])
    node.apply(moved, served_by(net, 2, identifier=2))
    assert next_backend(node, net) == (Reason.NEW, at(net, 2))


@both_families
@both_protocols
def test_a_lost_choice_that_comes_out_the_same_joins_the_live_flow(net: Network, kind: int) -> None:
    node, client = connected(net, kind), client_of(net, kind)
    before = node.flow
    node.apply(RemoveEntry(flow_key(client)))
    handled = node.send(client.out("A"))
    assert handled.reason is Reason.ESTABLISHED
    assert "LB-4a" in handled.clauses
    assert handled.policy_events == []
    assert [event.backend for event in handled.selection_events] == [1]
    assert node.flow.opener_packets == before.opener_packets + 1
    assert node.selections == {flow_key(client): Selection(1, 1)}


@both_families
def test_a_lost_choice_that_comes_out_otherwise_opens_a_new_flow(net: Network) -> None:
    node, client = connected(net), client_of(net)
    node.apply(in_state(net, BackendState.TERMINATING, 2), RemoveEntry(flow_key(client)))
    assert next_backend(node, net) == (Reason.NEW, at(net, 2))
    assert len(node.flows) == 2


@both_families
def test_an_initial_syn_whose_choice_was_lost_reopens_a_closing_flow(net: Network) -> None:
    node, client = connected(net), client_of(net)
    node.send(client.out("FA"))
    node.apply(RemoveEntry(flow_key(client)))
    assert next_backend(node, net, flags="S") == (Reason.NEW, at(net, 1))
    assert node.flow.opener_packets == 1
    assert not node.flow.opener_closing


@both_families
def test_a_selection_is_dead_once_its_flow_has_expired(net: Network) -> None:
    node = connected(net, UDP)
    node.apply(served_by(net, 1, 2, 3, 4, 5, kind=UDP))
    node.wait(60 * SECOND - 1)
    assert node.send(client_of(net, UDP).out(), commit=False).reason is Reason.ESTABLISHED
    node.wait(1)
    assert node.send(client_of(net, UDP).out()).reason is Reason.NEW


@both_families
def test_a_selection_does_not_lead_to_a_flow_of_another_frontend(net: Network) -> None:
    """The flow behind it was opened through another service's address."""
    node, client = connected(net), client_of(net)
    key = flow_key(client.behind(at(net, 1)))
    other = connection(net, net.other_service, 80)
    foreign = Flow(
        expires=node.now + SECOND,
        load_balanced=True,
        service=2,
        service_address=flow_key(other).peer_address,
        service_port=80,
        opener_closing=True,
    )
    node.put(key, foreign)
    handled = node.send(client.out("S"))
    assert handled.reason is Reason.NEW
    assert "CT-4a" in handled.clauses


@both_families
def test_a_connection_opened_again_gets_its_backend_anew_and_the_old_flow_goes(
    net: Network,
) -> None:
    node, client = connected(net), client_of(net)
    node.send(client.out("FA"))
    node.apply(in_state(net, BackendState.TERMINATING, 2))
    assert next_backend(node, net, flags="S") == (Reason.NEW, at(net, 2))
    assert set(node.flows) == {flow_key(client.behind(at(net, 2)))}
    assert node.selections == {flow_key(client): Selection(1, 2)}


@both_families
def test_a_connection_opened_again_to_the_same_backend_keeps_nothing_of_the_old_one(
    net: Network,
) -> None:
    node, client = connected(net), client_of(net)
    node.send(client.out("FA"))
    assert next_backend(node, net, flags="S") == (Reason.NEW, at(net, 1))
    flow = node.flow
    assert (flow.opener_packets, flow.reply_packets) == (1, 0)
    assert not (flow.established or flow.opener_closing)


@both_families
def test_a_new_flow_takes_the_place_of_a_selection_under_its_key(net: Network) -> None:
    node, client = connected(net), client_of(net)
    node.apply(RemoveService(1))
    handled = node.send(client.out("A"))
    assert (handled.reason, handled.data) == (Reason.NEW, client.out("A"))
    assert not node.selections
    assert not node.flows[flow_key(client)].load_balanced


@both_families
@both_protocols
def test_a_flow_that_the_peer_opens_removes_the_selection_under_its_tuple(
    net: Network, kind: int
) -> None:
    """The frontend is nobody's for a while; given back, it leads to no second open flow."""
    node, client = connected(net, kind), client_of(net, kind)
    node.apply(RemoveService(1))
    assert node.receive(client.back("S")).reason is Reason.NEW
    assert not node.selections
    node.apply(served_by(net, 1, kind=kind))
    handled = node.send(client.out("A"))
    assert (handled.reason, handled.data) == (Reason.REPLY, client.out("A"))


@both_families
def test_what_opens_no_flow_removes_no_selection(net: Network) -> None:
    node, client = connected(net), client_of(net)
    assert node.receive(client.back("S")).reason is Reason.TUPLE_CLASH
    node.apply(RemoveService(1))
    assert node.receive(client.back("R")).reason is Reason.NEW
    assert node.selections == {flow_key(client): Selection(1, 1)}
    node.apply(served_by(net, 1))
    assert next_backend(node, net) == (Reason.ESTABLISHED, at(net, 1))


@both_families
def test_the_traffic_policy_does_not_move_a_connection_that_is_there(net: Network) -> None:
    node = connected(net)
    servers = [backend(1, at(net, 1), local=False), backend(2, at(net, 2))]
    node.apply(service(1, [frontend(net.service)], servers, internal_local=True))
    assert next_backend(node, net) == (Reason.ESTABLISHED, at(net, 1))


@both_families
def test_without_pick_up_a_connection_cannot_move_to_another_backend(net: Network) -> None:
    node = connected(net)
    node.apply(served_by(net, 2), configure(pick_up_mid_stream=False))
    assert node.send(client_of(net).out("A")).reason is Reason.MID_STREAM
