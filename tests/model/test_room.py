"""Full tables that refuse: what a packet comes to where its entries find no room (CT-12)."""

from __future__ import annotations

import pytest

from harness.subject import OperationError
from model.domain.flow import Flow, Opener
from model.domain.limits import Limits
from model.domain.operation import PutEntry, PutService
from model.domain.packet import Verdict
from model.domain.protocol import UDP
from model.domain.reason import Reason
from tests.model.builder import (
    IPV4,
    IPV6,
    SECOND,
    Connection,
    End,
    Network,
    both_families,
    connection,
    ends,
)
from tests.model.fragment import first_fragment, last_fragment
from tests.model.node import DENY, Handled, Node, backend, backends, flow_key, frontend, rule
from tests.model.node import service as put_service

SIZE = 4
FULL = Reason.CONNTRACK_CREATE_FAILED


def refusing(*operations: PutService, **sizes: int) -> Node:
    return Node(*operations, limits=Limits(**sizes, refuse=True))


def direct(net: Network, port: int) -> Connection:
    return connection(net, net.peer, 53, port, UDP)


def shop(net: Network, port: int = 40000) -> Connection:
    return connection(net, net.service, 80, port)


def web(net: Network, servers: int = 1, affinity_timeout: int | None = None) -> PutService:
    put = [frontend(net.service)], backends(net, servers)
    return put_service(1, *put, affinity_timeout=affinity_timeout)


def fill(node: Node, net: Network, count: int) -> None:
    """So many flows."""
    for port in range(1, count + 1):
        assert node.send(direct(net, port).out()).reason is Reason.NEW


def drops(node: Node, data: bytes) -> Handled:
    """A packet that finds no room and changes nothing."""
    before = node.state
    handled = node.send(data)
    assert (handled.reason, handled.verdict, handled.data) == (FULL, Verdict.DROP, data)
    assert {"CT-12", "CT-12a"} <= handled.clauses
    after = node.state
    assert after.conntrack == before.conntrack
    assert (after.affinities, after.datagrams) == (before.affinities, before.datagrams)
    return handled


@both_families
def test_a_new_flow_finds_no_room_in_a_full_table(net: Network) -> None:
    node = refusing(conntrack=SIZE)
    fill(node, net, SIZE - 1)
    assert node.send(direct(net, 8).out()).reason is Reason.NEW
    handled = drops(node, direct(net, 9).out())
    assert [event.reason for event in handled.drop_events] == [FULL]
    assert len(handled.policy_events) == 1
    assert node.receive(direct(net, 9).back()).reason is FULL
    assert node.send(direct(net, 8).out()).reason is Reason.ESTABLISHED
    assert node.receive(direct(net, 1).back()).reason is Reason.REPLY


@both_families
def test_the_expired_take_up_room_until_they_are_collected(net: Network) -> None:
    node = refusing(conntrack=SIZE)
    fill(node, net, SIZE)
    node.wait(60 * SECOND)
    drops(node, direct(net, 9).out())
    assert node.send(direct(net, 1).out()).reason is Reason.NEW
    node.model.collect()
    assert node.send(direct(net, 9).out()).reason is Reason.NEW


def test_each_family_has_its_own_tables() -> None:
    node = refusing(conntrack=SIZE)
    fill(node, IPV4, SIZE)
    fill(node, IPV6, SIZE)
    drops(node, direct(IPV4, 9).out())
    drops(node, direct(IPV6, 9).out())


@both_families
def test_a_table_without_a_size_is_never_full(net: Network) -> None:
    node = refusing(affinities=1)
    fill(node, net, 3 * SIZE)


@both_families
def test_a_table_that_evicts_refuses_nothing(net: Network) -> None:
    node = Node(limits=Limits(conntrack=SIZE))
    fill(node, net, 3 * SIZE)


@both_families
@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_connection_to_a_service_needs_room_for_two(net: Network, room: int) -> None:
    node = refusing(web(net), conntrack=SIZE)
    fill(node, net, SIZE - room)
    if room < 2:
        assert drops(node, shop(net).out("S")).selection_events == []
    else:
        assert node.send(shop(net).out("S")).reason is Reason.NEW


@both_families
def test_a_reopened_connection_needs_no_room(net: Network) -> None:
    node = refusing(web(net), conntrack=SIZE)
    fill(node, net, SIZE - 2)
    far = End(net.backends[0], 8080)
    for _ in range(2):
        assert node.send(shop(net).out("S")).reason is Reason.NEW
        assert node.receive(shop(net).behind(far).back("RA")).reason is Reason.REPLY


@both_families
def test_what_would_be_removed_makes_no_room(net: Network) -> None:
    """CT-6: with another backend the old flow goes, but not before there is a new one."""
    node = refusing(web(net), conntrack=2)
    assert node.send(shop(net).out("S")).reason is Reason.NEW
    assert node.send(shop(net).out("R")).reason is Reason.ESTABLISHED
    node.apply(put_service(1, [frontend(net.service)], [backend(9, End(net.backends[5], 8080))]))
    drops(node, shop(net).out("S"))


@both_families
def test_a_lost_selection_needs_room(net: Network) -> None:
    node = refusing(web(net), conntrack=2)
    assert node.send(shop(net).out("S")).reason is Reason.NEW
    (lost,) = node.selections
    node.model.forget([lost])
    fill(node, net, 1)
    drops(node, shop(net).out("A"))
    node.model.forget([flow_key(direct(net, 1))])
    assert node.send(shop(net).out("A")).reason is Reason.ESTABLISHED
    assert list(node.selections) == [lost]


@both_families
def test_what_policy_denies_is_not_said_to_find_no_room(net: Network) -> None:
    node = Node(limits=Limits(conntrack=1, refuse=True))
    fill(node, net, 1)
    node.apply(rule(1, DENY))
    assert node.send(direct(net, 9).out()).reason is Reason.POLICY_DENIED


@both_families
def test_an_affinity_without_room_is_not_remembered(net: Network) -> None:
    """CT-12b."""
    other = put_service(
        2, [frontend(net.peer)], backends(net, 1, first=2), affinity_timeout=100 * SECOND
    )
    node = refusing(web(net, affinity_timeout=100 * SECOND), other, affinities=1)
    assert node.send(shop(net).out("S")).reason is Reason.NEW
    before = node.state.affinities
    handled = node.send(connection(net, net.peer, 80, 40000).out("S"))
    assert (handled.reason, handled.verdict) == (Reason.NEW, Verdict.PASS)
    assert "CT-12b" in handled.clauses
    assert node.state.affinities == before
    node.wait(SECOND)
    assert "CT-12b" not in node.send(shop(net, 40001).out("S")).clauses
    assert [one.last_use for one in node.state.affinities.values()] == [node.now]


@both_families
def test_a_datagram_without_room_is_not_remembered(net: Network) -> None:
    """CT-12b."""
    node = refusing(datagrams=1)
    whole = direct(net, 1).out(payload=bytes(160))
    assert node.send(first_fragment(net, whole, identification=1)).reason is Reason.NEW
    handled = node.send(first_fragment(net, whole, identification=2))
    assert (handled.reason, "CT-12b" in handled.clauses) == (Reason.ESTABLISHED, True)
    lost = node.send(last_fragment(net, whole, identification=2))
    assert lost.reason is Reason.FRAGMENT_NOT_FOUND
    assert node.send(last_fragment(net, whole, identification=1)).reason is Reason.ESTABLISHED
    assert node.send(first_fragment(net, whole, identification=1)).reason is Reason.ESTABLISHED


@both_families
def test_entries_that_are_set_up_need_room_too(net: Network) -> None:
    node = refusing(conntrack=2)
    keys = [flow_key(direct(net, port), Opener.ENDPOINT) for port in (1, 2, 3)]
    puts = [PutEntry(key, Flow(expires=node.now + SECOND)) for key in keys]
    with pytest.raises(OperationError, match="the conntrack table is full: give it a larger limit"):
        node.model.apply(puts)
    assert node.table == {}
    node.model.apply(puts[:2])
    node.model.apply(puts[:2])
    assert len(node.table) == 2


def test_translated_far_ends_are_where_they_should_be() -> None:
    """The service of these tests does translate: two entries are two because of that."""
    node = refusing(web(IPV4), conntrack=2)
    assert ends(node.send(shop(IPV4).out("S")).data)[1] == End(IPV4.backends[0], 8080)
