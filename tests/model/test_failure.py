"""What the kernel refuses, and what that costs a packet (PKT-10, CT-12b, CT-12c)."""

from __future__ import annotations

import pytest

from model.domain.configuration import NoBackendAction
from model.domain.failure import Failure
from model.domain.flow import Selection
from model.domain.packet import Verdict
from model.domain.protocol import UDP
from model.domain.reason import Reason
from model.domain.state import State
from tests.model.builder import SECOND, Connection, End, Network, both_families, connection
from tests.model.fragment import first_fragment
from tests.model.node import (
    Handled,
    Node,
    backend,
    backends,
    configure,
    frontend,
    service,
)

ANYTHING = pytest.mark.parametrize("failure", list(Failure), ids=lambda one: one.value)


def shop(net: Network) -> Connection:
    return connection(net, net.service, 80, 40000)


def node_with_shop(net: Network, affinity_timeout: int | None = None) -> Node:
    put = [frontend(net.service)], backends(net, 1)
    return Node(service(1, *put, affinity_timeout=affinity_timeout))


def tables(state: State) -> tuple[object, ...]:
    return state.conntrack, state.affinities, state.datagrams


def fails(node: Node, data: bytes, failure: Failure) -> Handled:
    """A packet that leaves the pod, is dropped for what fails, and changes nothing."""
    before = node.state
    handled = node.send(data, failure=failure)
    assert handled.verdict is Verdict.DROP
    assert tables(node.state) == tables(before)
    assert handled.redirect_interface == 0
    return handled


@both_families
@pytest.mark.parametrize(
    ("failure", "reason", "clause"),
    [
        (Failure.PACKET, Reason.REWRITE_FAILED, "PKT-10"),
        (Failure.ENTRY, Reason.CONNTRACK_CREATE_FAILED, "CT-12c"),
        (Failure.SECOND_ENTRY, Reason.CONNTRACK_CREATE_FAILED, "CT-12c"),
    ],
)
def test_a_connection_to_a_service_begins_the_next_time(
    net: Network, failure: Failure, reason: Reason, clause: str
) -> None:
    node = node_with_shop(net)
    handled = fails(node, shop(net).out("S"), failure)
    assert handled.reason is reason
    assert {clause, "CT-10"} <= handled.clauses
    assert [event.reason for event in handled.drop_events] == [reason]
    assert (len(handled.policy_events), handled.selection_events) == (1, [])
    assert node.send(shop(net).out("S")).reason is Reason.NEW


@both_families
def test_a_known_flow_stays_as_it_is(net: Network) -> None:
    node = node_with_shop(net, 100 * SECOND)
    node.send(shop(net).out("S"))
    node.wait(SECOND)
    assert fails(node, shop(net).out("A"), Failure.PACKET).reason is Reason.REWRITE_FAILED
    reply = shop(net).behind(End(net.backends[0], 8080)).back("SA")
    before = node.state
    assert node.receive(reply, failure=Failure.PACKET).reason is Reason.REWRITE_FAILED
    assert tables(node.state) == tables(before)
    assert node.receive(reply).reason is Reason.REPLY


@both_families
@ANYTHING
def test_a_packet_that_asks_for_nothing_goes_as_usual(net: Network, failure: Failure) -> None:
    """PKT-10: a direct flow is neither rewritten nor, once there, recorded."""
    node = Node()
    direct = connection(net, net.peer, 53, 1, UDP)
    node.send(direct.out())
    assert node.send(direct.out(), failure=failure).reason is Reason.ESTABLISHED
    assert node.receive(direct.back(), failure=failure).reason is Reason.REPLY


@both_families
@pytest.mark.parametrize("failure", [Failure.ENTRY, Failure.SECOND_ENTRY])
def test_what_the_flow_replaced_goes_with_it(net: Network, failure: Failure) -> None:
    """CT-12c: a reopened connection has an old selection and an old flow."""
    node = node_with_shop(net)
    node.send(shop(net).out("S"))
    node.send(shop(net).out("R"))
    (kept,) = node.selections
    (old,) = node.flows
    assert node.send(shop(net).out("S"), failure=failure).reason is Reason.CONNTRACK_CREATE_FAILED
    assert (old in node.flows) is (failure is Failure.ENTRY)
    assert isinstance(node.table[kept], Selection)
    assert node.send(shop(net).out("S")).reason is Reason.NEW


@both_families
def test_an_affinity_or_a_datagram_costs_nothing(net: Network) -> None:
    """CT-12b."""
    node = node_with_shop(net, 100 * SECOND)
    handled = node.send(shop(net).out("S"), failure=Failure.MEMORY)
    assert (handled.reason, node.state.affinities) == (Reason.NEW, {})
    assert "CT-12b" in handled.clauses
    fragment = first_fragment(net, shop(net).out("A", bytes(160)), identification=1)
    assert node.send(fragment, failure=Failure.MEMORY).verdict is Verdict.PASS
    assert node.state.datagrams == {}


@both_families
@pytest.mark.parametrize("flags", ["S", "A"])
def test_an_answer_that_cannot_be_written(net: Network, flags: str) -> None:
    """LB-8: the answer counts against the limit all the same."""
    empty = service(1, [frontend(net.service)], [])
    rejects = configure(no_backend=NoBackendAction.REJECT, rejects_per_second=1)
    node = Node(empty, rejects)
    packet = shop(net).out(flags)
    assert fails(node, packet, Failure.PACKET).reason is Reason.REWRITE_FAILED
    assert node.send(packet).reason is Reason.NO_BACKEND


@both_families
def test_a_hairpin_is_not_redirected(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], [backend(1, End(net.pod, 8080))]))
    assert fails(node, shop(net).out("S"), Failure.PACKET).reason is Reason.REWRITE_FAILED
