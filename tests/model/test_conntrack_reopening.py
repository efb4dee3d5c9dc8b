"""Initial SYNs on flows that are there already, and packets of two flows (CT-1b, CT-6)."""

from __future__ import annotations

import pytest

from model.domain.flow import Opener
from model.domain.operation import Operation
from model.domain.policy import RuleVerdict
from model.domain.protocol import TCP
from model.domain.reason import Reason
from tests.model.builder import SECOND, Network, both_families, connection
from tests.model.node import EGRESS, INGRESS, Node, flow_key, rule

CLOSINGS = {
    "opener-fin": [">FA"],
    "peer-fin": ["<FA"],
    "both-fin": [">FA", "<FA"],
    "opener-rst": [">R"],
    "peer-rst": ["<RA"],
}
every_closing = pytest.mark.parametrize("closing", CLOSINGS.values(), ids=CLOSINGS)


def closing_flow(net: Network, closing: list[str], *operations: Operation) -> Node:
    node = Node(*operations)
    node.run(connection(net, net.peer), [">S", "<SA", ">A", *closing])
    return node


@both_families
@every_closing
def test_the_opener_can_connect_again_from_the_same_port(net: Network, closing: list[str]) -> None:
    node, seen = closing_flow(net, closing), connection(net, net.peer)
    node.wait(SECOND)
    assert node.step(seen, ">S").reason is Reason.NEW
    flow = node.flow
    assert (flow.opener_packets, flow.reply_packets) == (1, 0)
    assert (flow.opener_bytes, flow.reply_bytes) == (len(seen.out("S")), 0)
    assert not (flow.established or flow.opener_closing or flow.reply_closing)
    assert flow.expires == node.now + 60 * SECOND


@both_families
@every_closing
def test_policy_judges_a_connection_that_is_opened_again(net: Network, closing: list[str]) -> None:
    seen = connection(net, net.peer)
    node = closing_flow(net, closing)
    node.apply(rule(1, RuleVerdict.DENY, EGRESS, protocol=TCP))
    before = node.table
    handled = node.step(seen, ">S")
    assert handled.reason is Reason.POLICY_DENIED
    assert [event.rule for event in handled.policy_events] == [1]
    assert node.table == before


@both_families
@every_closing
def test_a_syn_from_the_other_end_of_a_closing_flow_opens_a_flow_of_its_own(
    net: Network, closing: list[str]
) -> None:
    node, seen = closing_flow(net, closing), connection(net, net.peer)
    old = node.flow
    assert node.step(seen, "<S").reason is Reason.NEW
    assert node.flows[flow_key(seen)] == old
    assert node.flows[flow_key(seen, Opener.PEER)].opener_packets == 1


@both_families
def test_a_syn_from_the_other_end_is_judged_as_entering(net: Network) -> None:
    seen = connection(net, net.peer)
    node = closing_flow(net, [">FA"])
    node.apply(rule(1, RuleVerdict.DENY, INGRESS, protocol=TCP))
    assert node.step(seen, "<S").reason is Reason.POLICY_DENIED


@both_families
@pytest.mark.parametrize("before", [[], ["<SA"], ["<SA", ">A"]], ids=["syn", "syn-ack", "open"])
def test_a_syn_on_an_open_flow_is_a_retransmission_or_a_reply(
    net: Network, before: list[str]
) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", *before])
    established = node.flow.established
    assert node.step(seen, ">S").reason is Reason.ESTABLISHED
    assert node.step(seen, "<S").reason is Reason.REPLY
    flow = node.flow
    assert flow.established == established
    assert flow.opener_packets + flow.reply_packets == len(before) + 3
    assert list(node.table) == [flow_key(seen)]


@both_families
def test_a_syn_with_urgent_data_is_an_initial_syn_as_well(net: Network) -> None:
    node, seen = closing_flow(net, ["<FA"]), connection(net, net.peer)
    assert node.step(seen, ">SU").reason is Reason.NEW


@both_families
def test_a_syn_ack_opens_nothing_on_a_closing_flow(net: Network) -> None:
    node, seen = closing_flow(net, [">FA"]), connection(net, net.peer)
    assert node.step(seen, ">SA").reason is Reason.ESTABLISHED
    assert node.step(seen, "<SA").reason is Reason.REPLY


def two_flows(net: Network, second_closing: list[str]) -> Node:
    """The pod's flow is fully closed; the peer has opened another with the same ports since."""
    node = closing_flow(net, [">FA", "<FA"])
    node.run(connection(net, net.peer), ["<S", ">SA", "<A", *second_closing])
    return node


@both_families
@pytest.mark.parametrize(("step", "reason"), [("<A", Reason.ESTABLISHED), (">A", Reason.REPLY)])
def test_of_two_flows_a_packet_belongs_to_the_open_one(
    net: Network, step: str, reason: Reason
) -> None:
    node, seen = two_flows(net, []), connection(net, net.peer)
    closed = node.flows[flow_key(seen)]
    handled = node.step(seen, step)
    assert handled.reason is reason
    assert node.flows[flow_key(seen)] == closed


@both_families
@pytest.mark.parametrize("second", [[">FA"], [">FA", "<FA"], ["<R"]], ids=["fin", "fins", "rst"])
def test_of_two_closing_flows_a_packet_belongs_to_the_one_that_its_sender_opened(
    net: Network, second: list[str]
) -> None:
    node, seen = two_flows(net, second), connection(net, net.peer)
    for step, opener in ((">A", Opener.ENDPOINT), ("<A", Opener.PEER)):
        before = node.flows
        assert node.step(seen, step).reason is Reason.ESTABLISHED
        changed = [key for key, flow in node.flows.items() if flow != before[key]]
        assert changed == [flow_key(seen, opener)]


@both_families
def test_of_two_closing_flows_a_syn_reopens_the_one_of_its_sender(net: Network) -> None:
    node, seen = two_flows(net, ["<R"]), connection(net, net.peer)
    other = node.flows[flow_key(seen, Opener.PEER)]
    assert node.step(seen, ">S").reason is Reason.NEW
    assert node.flows[flow_key(seen)].opener_packets == 1
    assert node.flows[flow_key(seen, Opener.PEER)] == other


@both_families
def test_a_syn_on_the_peers_open_flow_is_a_reply_though_the_own_flow_is_closing(
    net: Network,
) -> None:
    node, seen = two_flows(net, []), connection(net, net.peer)
    assert node.step(seen, ">S").reason is Reason.REPLY
    assert node.flows[flow_key(seen)].opener_closing


@both_families
def test_two_open_flows_cannot_come_about(net: Network) -> None:
    """Whoever opens first, the other end's SYN is a reply as long as that flow is open."""
    for first, second in ((">S", "<S"), ("<S", ">S")):
        node, seen = Node(), connection(net, net.peer)
        assert [one.reason for one in node.run(seen, [first, second])] == [
            Reason.NEW,
            Reason.REPLY,
        ]
        assert len(node.table) == 1
