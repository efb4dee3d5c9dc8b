"""Every packet ends with one reason and is counted once (OBS-1, CT-11)."""

from __future__ import annotations

import pytest

from model.domain.event import Hook
from model.domain.packet import Verdict
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey
from tests.model.builder import End, Network, both_families, connection
from tests.model.node import DENY, EGRESS, Node, backend, frontend, rule, service


@pytest.mark.clause(hits=["OBS-1"])
@both_families
def test_packets_are_counted_by_hook_and_reason(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [">S", "<SA", ">A", ">SF"])
    size = len(seen.out("S"))
    assert node.state.counters == {
        CounterKey(Hook.FROM_CONTAINER, Reason.NEW): Counter(1, size),
        CounterKey(Hook.TO_CONTAINER, Reason.REPLY): Counter(1, size),
        CounterKey(Hook.FROM_CONTAINER, Reason.ESTABLISHED): Counter(1, size),
        CounterKey(Hook.FROM_CONTAINER, Reason.INVALID_TCP_FLAGS): Counter(1, size),
    }


@both_families
def test_counters_add_up_and_count_whole_frames(net: Network) -> None:
    node, seen = Node(rule(1, DENY, EGRESS)), connection(net, net.peer)
    packets = [seen.out("S"), seen.out("S", b"payload"), seen.out("S") + b"padding"]
    for packet in packets:
        assert node.send(packet).verdict is Verdict.DROP
    counter = node.counter(Hook.FROM_CONTAINER, Reason.POLICY_DENIED)
    assert counter == Counter(3, sum(len(packet) for packet in packets))


@pytest.mark.clause(hits=["CT-11"])
@both_families
@pytest.mark.parametrize("kind", [TCP, UDP])
def test_a_flow_counts_packets_and_bytes_of_both_directions(net: Network, kind: int) -> None:
    node, seen = Node(), connection(net, net.peer, kind=kind)
    out = [seen.out("S"), seen.out("A", b"x" * 100), seen.out("A") + b"padding"]
    back = [seen.back("SA"), seen.back("A", b"y")]
    for packet in out:
        node.send(packet)
    for packet in back:
        node.receive(packet)
    flow = node.flow
    assert (flow.opener_packets, flow.opener_bytes) == (3, sum(map(len, out)))
    assert (flow.reply_packets, flow.reply_bytes) == (2, sum(map(len, back)))


@both_families
def test_the_direction_is_the_openers_not_the_pods(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, ["<S", ">SA", ">A"])
    assert (node.flow.opener_packets, node.flow.reply_packets) == (1, 2)


@both_families
def test_a_load_balanced_connection_is_counted_in_one_flow(net: Network) -> None:
    server = End(net.backends[0], 8080)
    node = Node(service(1, [frontend(net.service)], [backend(1, server)]))
    client = connection(net, net.service)
    node.send(client.out("S"))
    node.receive(client.behind(server).back("SA"))
    node.send(client.out("A"))
    assert (node.flow.opener_packets, node.flow.reply_packets) == (2, 1)


@pytest.mark.clause(misses=["CT-11"])
@both_families
def test_dropped_packets_are_not_counted_in_their_flow(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.send(seen.out("S"))
    before = node.flow
    node.send(seen.out("SF"))
    assert node.flow == before


def test_forwarded_and_dropped_reasons_are_told_apart_by_number() -> None:
    forwarded = {reason for reason in Reason if not reason.is_drop}
    assert forwarded == {
        Reason.UNTRACKED,
        Reason.NEW,
        Reason.ESTABLISHED,
        Reason.REPLY,
        Reason.RELATED,
        Reason.REASSEMBLY,
    }
