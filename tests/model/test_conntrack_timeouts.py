"""When a flow ends, to the nanosecond (CT-3, CT-4)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import SECOND, Network, both_families, connection, frame, icmp
from tests.model.node import Node, timeouts


@dataclass(frozen=True)
class Case:
    """Packets that bring a flow into a state, the timeout of that state, and its setting."""

    kind: int
    steps: tuple[str, ...]
    setting: str
    default: int


CASES = {
    "tcp-opening": Case(TCP, (">S",), "tcp_opening", 60 * SECOND),
    "tcp-opening-after-syn-ack": Case(TCP, (">S", "<SA"), "tcp_opening", 60 * SECOND),
    "tcp-established": Case(TCP, (">S", "<SA", ">A"), "tcp_established", 8000 * SECOND),
    "tcp-half-closed": Case(TCP, (">S", ">A", "<FA"), "tcp_established", 8000 * SECOND),
    "tcp-closed-by-fin": Case(TCP, (">S", ">A", "<FA", ">FA"), "tcp_closing", 10 * SECOND),
    "tcp-closed-by-rst": Case(TCP, (">S", "<RA"), "tcp_closing", 10 * SECOND),
    "tcp-picked-up": Case(TCP, (">A",), "tcp_opening", 60 * SECOND),
    "udp": Case(UDP, (">",), "other", 60 * SECOND),
    "udp-answered": Case(UDP, (">", "<"), "other", 60 * SECOND),
    "sctp": Case(SCTP, (">",), "other", 60 * SECOND),
}
every_state = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
SETTINGS = ["tcp_opening", "tcp_established", "tcp_closing", "other"]


def reached(net: Network, case: Case, node: Node) -> None:
    """Bring the only flow into the case's state."""
    node.run(connection(net, net.peer, kind=case.kind), case.steps)


def next_reason(net: Network, case: Case, node: Node, direction: str) -> Reason:
    """What the next packet is taken for; nothing happens."""
    seen = connection(net, net.peer, kind=case.kind)
    if direction == ">":
        return node.send(seen.out("A"), commit=False).reason
    return node.receive(seen.back("A"), commit=False).reason


@both_families
@every_state
@pytest.mark.parametrize("direction", [">", "<"], ids=["pod-sends", "peer-sends"])
def test_a_flow_is_there_until_its_expiry_and_gone_from_then_on(
    net: Network, case: Case, direction: str
) -> None:
    node = Node()
    reached(net, case, node)
    node.wait(case.default - 1)
    wanted = Reason.ESTABLISHED if direction == ">" else Reason.REPLY
    assert next_reason(net, case, node, direction) is wanted
    node.wait(1)
    assert next_reason(net, case, node, direction) is Reason.NEW
    node.wait(1)
    assert next_reason(net, case, node, direction) is Reason.NEW


@both_families
@every_state
def test_each_timeout_has_a_setting_of_its_own(net: Network, case: Case) -> None:
    """Every setting gets another length, so that a mix-up shows."""
    lengths = {name: (index + 3) * 1000 for index, name in enumerate(SETTINGS)}
    node = Node(timeouts(**lengths))
    reached(net, case, node)
    assert node.flow.expires == node.now + lengths[case.setting]


@both_families
@every_state
def test_a_new_setting_counts_from_the_next_packet_on(net: Network, case: Case) -> None:
    node = Node()
    reached(net, case, node)
    before = node.flow.expires
    node.apply(timeouts(**dict.fromkeys(SETTINGS, 5 * SECOND)))
    assert node.flow.expires == before


@both_families
@pytest.mark.parametrize("number", [47, 50, 59])
def test_protocols_without_ports_have_the_timeout_of_everything_else(
    net: Network, number: int
) -> None:
    node = Node()
    node.send(frame(net.pod, net.peer, b"", number))
    assert node.flow.expires == node.now + 60 * SECOND


@both_families
def test_icmp_has_the_timeout_of_everything_else(net: Network) -> None:
    node = Node()
    node.send(icmp(net.pod, net.peer, net.echo_request, identifier=1))
    assert node.flow.expires == node.now + 60 * SECOND


@both_families
@pytest.mark.parametrize("direction", [">", "<"])
def test_packets_of_both_directions_refresh_a_flow(net: Network, direction: str) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    node.step(seen, ">")
    for _ in range(5):
        node.wait(60 * SECOND - 1)
        assert node.step(seen, direction).reason is not Reason.NEW
        assert node.flow.expires == node.now + 60 * SECOND


@both_families
def test_after_its_expiry_a_flow_begins_anew_from_whichever_end_speaks_first(
    net: Network,
) -> None:
    node, seen = Node(), connection(net, net.peer, kind=UDP)
    node.run(seen, [">", "<"])
    node.wait(60 * SECOND)
    assert node.step(seen, "<").reason is Reason.NEW
    assert node.step(seen, ">").reason is Reason.REPLY


@both_families
def test_a_flow_that_begins_anew_keeps_nothing_of_the_expired_one(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", "<SA", ">A", "<A", ">FA", "<FA"])
    node.wait(10 * SECOND)
    assert node.step(seen, ">S").reason is Reason.NEW
    flow = node.flow
    assert (flow.opener_packets, flow.reply_packets) == (1, 0)
    assert not (flow.established or flow.opener_closing or flow.reply_closing)
