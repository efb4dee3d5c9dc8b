"""The life of a TCP connection (CT-1, CT-2, CT-3, CT-5, CT-5a)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from model.domain.flow import Flow, Opener
from model.domain.reason import Reason
from tests.model.builder import SECOND, Network, both_families, connection
from tests.model.node import Node, flow_key, opened

OPENING, ESTABLISHED, CLOSING = 60 * SECOND, 8000 * SECOND, 10 * SECOND

FROM_THE_POD = {">": ">", "<": "<"}
FROM_THE_PEER = {">": "<", "<": ">"}
either_opener = pytest.mark.parametrize(
    "directions", [FROM_THE_POD, FROM_THE_PEER], ids=["pod-opens", "peer-opens"]
)


@dataclass(frozen=True)
class After:
    """A flow after a packet: `>` comes from the opener's end, `<` from the other."""

    step: str
    established: bool
    opener_closing: bool
    reply_closing: bool
    timeout: int


def turned(step: str, directions: dict[str, str]) -> str:
    return directions[step[0]] + step[1:]


def state_of(flow: Flow) -> tuple[bool, bool, bool]:
    return flow.established, flow.opener_closing, flow.reply_closing


LIVES = {
    "handshake": [
        After(">S", False, False, False, OPENING),
        After("<SA", False, False, False, OPENING),
        After(">A", True, False, False, ESTABLISHED),
        After("<PA", True, False, False, ESTABLISHED),
    ],
    "a-syn-ack-does-not-establish": [
        After(">S", False, False, False, OPENING),
        After("<SA", False, False, False, OPENING),
        After("<SA", False, False, False, OPENING),
        After(">SA", False, False, False, OPENING),
    ],
    "a-reply-without-syn-establishes": [
        After(">S", False, False, False, OPENING),
        After("<A", True, False, False, ESTABLISHED),
    ],
    "simultaneous-open": [
        After(">S", False, False, False, OPENING),
        After("<S", False, False, False, OPENING),
        After(">SA", False, False, False, OPENING),
        After("<SA", False, False, False, OPENING),
        After(">A", True, False, False, ESTABLISHED),
    ],
    "opener-closes-first": [
        After(">S", False, False, False, OPENING),
        After("<SA", False, False, False, OPENING),
        After(">A", True, False, False, ESTABLISHED),
        After(">FA", True, True, False, ESTABLISHED),
        After("<A", True, True, False, ESTABLISHED),
        After("<PA", True, True, False, ESTABLISHED),
        After(">FA", True, True, False, ESTABLISHED),
        After("<FA", True, True, True, CLOSING),
    ],
    "other-end-closes-first": [
        After(">S", False, False, False, OPENING),
        After(">A", True, False, False, ESTABLISHED),
        After("<FA", True, False, True, ESTABLISHED),
        After(">A", True, False, True, ESTABLISHED),
        After(">FA", True, True, True, CLOSING),
    ],
    "simultaneous-close": [
        After(">S", False, False, False, OPENING),
        After(">A", True, False, False, ESTABLISHED),
        After(">FA", True, True, False, ESTABLISHED),
        After("<FAU", True, True, True, CLOSING),
    ],
    "reset-by-the-opener": [
        After(">S", False, False, False, OPENING),
        After("<SA", False, False, False, OPENING),
        After(">R", True, True, True, CLOSING),
    ],
    "refused-by-the-other-end": [
        After(">S", False, False, False, OPENING),
        After("<RA", True, True, True, CLOSING),
    ],
    "reset-while-established": [
        After(">S", False, False, False, OPENING),
        After(">A", True, False, False, ESTABLISHED),
        After("<R", True, True, True, CLOSING),
    ],
    "reset-of-a-closing-flow": [
        After(">S", False, False, False, OPENING),
        After(">FA", True, True, False, ESTABLISHED),
        After("<RA", True, True, True, CLOSING),
    ],
    "fin-without-handshake": [
        After(">S", False, False, False, OPENING),
        After("<FA", True, False, True, ESTABLISHED),
        After(">FA", True, True, True, CLOSING),
    ],
}


@both_families
@either_opener
@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_a_connection_goes_through_its_states(
    net: Network, directions: dict[str, str], life: list[After]
) -> None:
    node, seen = Node(), connection(net, net.peer)
    for after in life:
        node.wait(SECOND)
        node.step(seen, turned(after.step, directions))
        flow = node.flow
        assert state_of(flow) == (after.established, after.opener_closing, after.reply_closing)
        assert flow.expires == node.now + after.timeout, after.step
        assert not flow.picked_up


@both_families
@either_opener
def test_every_packet_is_new_established_or_reply(net: Network, directions: dict[str, str]) -> None:
    steps = [">S", "<SA", ">A", "<PA", ">S", "<S", ">FA", "<A"]
    wanted = [
        Reason.NEW,
        Reason.REPLY,
        Reason.ESTABLISHED,
        Reason.REPLY,
        Reason.ESTABLISHED,
        Reason.REPLY,
        Reason.ESTABLISHED,
        Reason.REPLY,
    ]
    node = Node()
    handled = node.run(connection(net, net.peer), [turned(step, directions) for step in steps])
    assert [one.reason for one in handled] == wanted


@both_families
@pytest.mark.parametrize("opener", [">S", "<S"])
def test_one_entry_serves_both_directions(net: Network, opener: str) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [opener, ">SA", "<SA", ">A", "<A"])
    assert list(node.table) == [flow_key(seen, opened(opener))]


@both_families
def test_connections_that_differ_in_one_part_of_the_tuple_are_different_flows(
    net: Network,
) -> None:
    node = Node()
    for far, port, near_port in (
        (net.peer, 80, 40000),
        (net.peer, 81, 40000),
        (net.peer, 80, 40001),
        (net.stranger, 80, 40000),
    ):
        assert node.send(connection(net, far, port, near_port).out("S")).reason is Reason.NEW
    assert node.send(connection(net, net.peer, kind=17).out()).reason is Reason.NEW
    assert len(node.flows) == 5


@both_families
def test_flows_opened_by_either_end_never_share_an_entry(net: Network) -> None:
    """The peer connects from the port that the pod's own connection uses, once that is closing."""
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", ">FA", "<S"])
    assert set(node.table) == {flow_key(seen, opener) for opener in Opener}


@both_families
@pytest.mark.parametrize("close", [[">FA", "<FA"], [">R"], ["<R"]], ids=["fin", "rst", "peer-rst"])
@pytest.mark.parametrize("late", [">A", "<A", ">FA", "<FA", ">R", "<RA", ">PA", "<SA"])
def test_packets_on_a_fully_closed_flow_pass_and_do_not_refresh_it(
    net: Network, close: list[str], late: str
) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", "<SA", ">A", *close])
    closed = node.flow
    node.wait(9 * SECOND)
    reason = node.step(seen, late).reason
    assert reason is (Reason.ESTABLISHED if late[0] == ">" else Reason.REPLY)
    flow = node.flow
    assert flow.expires == closed.expires
    counted = flow.opener_packets + flow.reply_packets
    assert counted == closed.opener_packets + closed.reply_packets + 1


@both_families
def test_a_retransmitted_fin_does_not_prolong_the_closing_timeout(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", ">FA", "<FA"])
    expires = node.flow.expires
    node.wait(CLOSING - 1)
    node.run(seen, [">FA", "<FA"])
    assert node.flow.expires == expires
    node.wait(1)
    assert node.step(seen, ">A").clauses >= {"CT-7"}
