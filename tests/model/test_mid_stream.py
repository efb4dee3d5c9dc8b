"""TCP without a beginning (CT-7, CT-7a, CT-7b, CT-7c)."""

from __future__ import annotations

import pytest

from model.domain.policy import RuleVerdict
from model.domain.reason import Reason
from tests.model.builder import SECOND, Network, both_families, connection
from tests.model.node import (
    EGRESS,
    INGRESS,
    Node,
    backends,
    configure,
    flow_key,
    frontend,
    opened,
    rule,
    service,
)

FIRSTS = [">A", ">PA", ">SA", ">FA", "<A", "<PA", "<SA", "<FA"]
NO_PICK_UP = configure(pick_up_mid_stream=False)


@both_families
@pytest.mark.parametrize("first", FIRSTS)
def test_a_connection_is_picked_up_as_a_new_flow_of_its_sender(net: Network, first: str) -> None:
    node, seen = Node(), connection(net, net.peer)
    assert node.step(seen, first).reason is Reason.NEW
    assert list(node.flows) == [flow_key(seen, opened(first))]
    flow = node.flow
    assert flow.picked_up
    assert not flow.established
    assert flow.expires == node.now + 60 * SECOND


@both_families
@pytest.mark.parametrize("first", [*FIRSTS, ">R", "<RA"])
def test_without_pick_up_it_is_dropped(net: Network, first: str) -> None:
    node, seen = Node(NO_PICK_UP), connection(net, net.peer)
    assert node.step(seen, first).reason is Reason.MID_STREAM
    assert node.table == {}


@both_families
def test_without_pick_up_connections_with_a_beginning_pass(net: Network) -> None:
    node, seen = Node(NO_PICK_UP), connection(net, net.peer)
    reasons = [one.reason for one in node.run(seen, [">S", "<SA", ">A", "<PA", ">FA", "<FA"])]
    assert Reason.MID_STREAM not in reasons


@both_families
@pytest.mark.parametrize(("first", "direction"), [(">A", EGRESS), ("<A", INGRESS)])
def test_policy_judges_what_is_picked_up(net: Network, first: str, direction: int) -> None:
    node = Node(isolated=[EGRESS if direction == EGRESS else INGRESS])
    assert node.step(connection(net, net.peer), first).reason is Reason.POLICY_DENIED


@both_families
@pytest.mark.parametrize(("first", "again", "reply"), [(">A", ">A", "<A"), ("<A", "<A", ">A")])
def test_the_opening_timeout_holds_until_there_is_a_reply(
    net: Network, first: str, again: str, reply: str
) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [first, again, again])
    assert not node.flow.established
    node.wait(SECOND)
    node.step(seen, again)
    assert node.flow.expires == node.now + 60 * SECOND
    node.step(seen, reply)
    assert node.flow.established
    assert not node.flow.picked_up
    assert node.flow.expires == node.now + 8000 * SECOND


@both_families
def test_a_syn_ack_as_reply_does_not_establish_but_what_comes_after_it_does(
    net: Network,
) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">A", "<SA"])
    assert not node.flow.established
    node.step(seen, ">A")
    assert node.flow.established


@both_families
def test_a_flow_picked_up_by_a_syn_ack_is_established_by_its_reply(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">SA", ">A"])
    assert not node.flow.established
    node.step(seen, "<A")
    assert node.flow.established


@both_families
def test_a_flow_picked_up_by_a_fin_is_closing(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, ">FA")
    assert node.flow.opener_closing
    assert node.step(seen, ">S").reason is Reason.NEW
    assert not node.flow.picked_up


@both_families
@pytest.mark.parametrize("reset", [">R", ">RA", "<R", "<RA"])
def test_a_reset_without_flow_passes_and_leaves_no_entry(net: Network, reset: str) -> None:
    node = Node()
    handled = node.step(connection(net, net.peer), reset)
    assert handled.reason is Reason.NEW
    assert len(handled.policy_events) == 1
    assert node.table == {}


@both_families
@pytest.mark.parametrize("reset", [">R", "<RA"])
def test_policy_judges_a_reset_without_flow(net: Network, reset: str) -> None:
    node = Node(rule(1, RuleVerdict.DENY, EGRESS), rule(2, RuleVerdict.DENY, INGRESS))
    assert node.step(connection(net, net.peer), reset).reason is Reason.POLICY_DENIED


@both_families
def test_a_reset_without_flow_to_a_service_is_translated_and_not_recorded(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], backends(net, 1)))
    seen = connection(net, net.service)
    real = connection(net, net.backends[0], 8080)
    handled = node.step(seen, ">R")
    assert (handled.reason, handled.data) == (Reason.NEW, real.out("R"))
    assert handled.selection_events == []
    assert node.table == {}


@both_families
def test_a_connection_to_a_service_is_picked_up_translated(net: Network) -> None:
    node = Node(service(1, [frontend(net.service)], backends(net, 1)))
    seen = connection(net, net.service)
    real = connection(net, net.backends[0], 8080)
    assert node.send(seen.out("PA")).data == real.out("PA")
    assert node.flow.picked_up
    assert node.receive(real.back("A")).data == seen.back("A")
    assert node.flow.established
