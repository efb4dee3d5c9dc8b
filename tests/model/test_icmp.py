"""ICMP messages as flows (CT-8, CT-8a)."""

from __future__ import annotations

import pytest

from model.domain.flow import Opener
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason
from tests.model.builder import Network, both_families, icmp
from tests.model.node import EGRESS, INGRESS, Node, icmp_key, rule


def request(net: Network, identifier: int = 7, *, code: int = 0, out: bool = True) -> bytes:
    ends = (net.pod, net.peer) if out else (net.peer, net.pod)
    return icmp(*ends, net.echo_request, code=code, identifier=identifier)


def reply(net: Network, identifier: int = 7, *, code: int = 0, out: bool = False) -> bytes:
    ends = (net.pod, net.peer) if out else (net.peer, net.pod)
    return icmp(*ends, net.echo_reply, code=code, identifier=identifier)


@both_families
def test_an_echo_reply_belongs_to_the_flow_of_its_request(net: Network) -> None:
    node = Node(isolated=[INGRESS])
    assert node.send(request(net)).reason is Reason.NEW
    assert node.receive(reply(net)).reason is Reason.REPLY
    assert node.send(request(net)).reason is Reason.ESTABLISHED
    key = icmp_key(net, net.peer, 7, net.echo_request << 8, Opener.ENDPOINT)
    assert list(node.table) == [key]
    assert (node.flow.opener_packets, node.flow.reply_packets) == (2, 1)


@both_families
def test_a_pods_answer_to_a_ping_belongs_to_the_flow_of_the_ping(net: Network) -> None:
    node = Node(isolated=[EGRESS])
    assert node.receive(request(net, out=False)).reason is Reason.NEW
    assert node.send(reply(net, out=True)).reason is Reason.REPLY
    key = icmp_key(net, net.peer, 7, net.echo_request << 8, Opener.PEER)
    assert list(node.table) == [key]


@both_families
def test_the_identifier_tells_flows_apart(net: Network) -> None:
    node = Node(isolated=[INGRESS])
    node.send(request(net, 1))
    node.send(request(net, 0xFFFF))
    assert len(node.flows) == 2
    assert node.receive(reply(net, 2)).reason is Reason.POLICY_DENIED
    assert node.receive(reply(net, 0xFFFF)).reason is Reason.REPLY


@both_families
def test_pings_of_both_ends_with_one_identifier_are_flows_of_their_own(net: Network) -> None:
    node = Node()
    assert node.send(request(net)).reason is Reason.NEW
    assert node.receive(request(net, out=False)).reason is Reason.NEW
    assert node.receive(reply(net)).reason is Reason.REPLY
    assert node.send(reply(net, out=True)).reason is Reason.REPLY
    assert {key.opener for key in node.flows} == set(Opener)
    assert all(flow.reply_packets == 1 for flow in node.flows.values())


@both_families
def test_an_echo_reply_that_answers_nothing_is_a_flow_by_type_and_code(net: Network) -> None:
    node = Node()
    assert node.receive(reply(net)).reason is Reason.NEW
    key = icmp_key(net, net.peer, 7, net.echo_reply << 8, Opener.PEER)
    assert list(node.table) == [key]
    assert node.receive(reply(net)).reason is Reason.ESTABLISHED
    assert node.send(reply(net, out=True)).reason is Reason.NEW


@both_families
def test_a_late_request_takes_replies_over_from_an_unanswering_flow(net: Network) -> None:
    node = Node()
    node.receive(reply(net))
    node.send(request(net))
    assert node.receive(reply(net)).reason is Reason.REPLY


@both_families
def test_an_echo_with_another_code_is_no_echo(net: Network) -> None:
    node = Node()
    assert node.send(request(net, code=1)).reason is Reason.NEW
    assert node.receive(reply(net, code=1)).reason is Reason.NEW
    assert node.receive(reply(net)).reason is Reason.NEW
    kinds = {key.peer_port for key in node.flows}
    assert kinds == {net.echo_request << 8 | 1, net.echo_reply << 8 | 1, net.echo_reply << 8}
    assert {key.endpoint_port for key in node.flows} == {7}


@both_families
@pytest.mark.parametrize("kind", [5, 9, 10, 13, 14, 15, 17, 130, 131, 143, 255])
def test_other_messages_are_flows_by_type_and_code_without_identifier(
    net: Network, kind: int
) -> None:
    node = Node()
    for code in (0, 3):
        message = icmp(net.pod, net.peer, kind, code=code, identifier=0x1234)
        assert node.send(message).reason is Reason.NEW
        assert node.send(message).reason is Reason.ESTABLISHED
    wanted = {icmp_key(net, net.peer, 0, kind << 8 | code, Opener.ENDPOINT) for code in (0, 3)}
    assert set(node.flows) == wanted


@both_families
@pytest.mark.parametrize(("question", "answer"), [(13, 14), (15, 16), (13, 13)])
def test_nothing_replies_to_other_messages(net: Network, question: int, answer: int) -> None:
    node = Node(isolated=[INGRESS])
    assert node.send(icmp(net.pod, net.peer, question)).reason is Reason.NEW
    assert node.receive(icmp(net.peer, net.pod, answer)).reason is Reason.POLICY_DENIED


@both_families
def test_rules_name_icmp_by_type_and_code(net: Network) -> None:
    echo = net.echo_request << 8
    allow = rule(1, RuleVerdict.ALLOW, EGRESS, protocol=net.icmp, ports=(echo, echo))
    node = Node(allow, isolated=[EGRESS])
    assert node.send(request(net)).reason is Reason.NEW
    assert node.send(request(net, code=1)).reason is Reason.POLICY_DENIED
    assert node.send(reply(net, out=True)).reason is Reason.POLICY_DENIED
