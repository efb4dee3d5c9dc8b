"""What holds for any packet: translation reverses, rules have no order, no frame does harm."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from model.domain.address import Family
from model.domain.packet import Verdict
from model.domain.policy import AnyPeer, Peer
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.drop import Drop
from model.packet import frame
from model.trace import Trace
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    IPV6,
    End,
    Network,
    both_families,
    connection,
    with_bytes,
)
from tests.model.node import (
    ALLOW,
    DENY,
    EGRESS,
    Node,
    backend,
    cidr,
    frontend,
    identity,
    rule,
    service,
)
from tests.model.traffic import Action, Driver, speaks, traffic

some = settings(derandomize=True, max_examples=30, deadline=None)


@both_families
@some
@given(
    port=st.integers(1, 65535),
    kind=st.sampled_from([TCP, UDP]),
    payload=st.binary(max_size=40),
    wrong=st.integers(0, 0xFFFE),
    flags=st.sampled_from(["S", "A", "PA"]),
)
def test_translation_there_and_back_restores_everything(
    net: Network, *, port: int, kind: int, payload: bytes, wrong: int, flags: str
) -> None:
    """Addresses and ports are the client's own again; a checksum is right if it was before."""
    server = End(net.backends[0], 8080)
    node = Node(service(1, [frontend(net.service, 80, kind)], [backend(1, server)]))
    client = connection(net, net.service, 80, port, kind)
    node.send(client.out("S"))
    offset = net.transport + (16 if kind == TCP else 6)

    def spoilt(data: bytes) -> bytes:
        value = int.from_bytes(data[offset : offset + 2], "big")
        value = (value + wrong) % 0xFFFF if wrong else value
        return with_bytes(data, offset, value.to_bytes(2, "big"))

    for sent, wanted in (
        (client.out(flags, payload), client.behind(server).out(flags, payload)),
        (client.behind(server).back(flags, payload), client.back(flags, payload)),
    ):
        handle = node.send if sent == client.out(flags, payload) else node.receive
        result = handle(spoilt(sent)).data
        assert result[:offset] == wanted[:offset]
        assert result[offset + 2 :] == wanted[offset + 2 :]
        if not (kind == UDP and spoilt(sent)[offset : offset + 2] == b"\0\0"):
            found, right = result[offset : offset + 2], wanted[offset : offset + 2]
            error = int.from_bytes(found, "big") - int.from_bytes(right, "big")
            assert error % 0xFFFF == wrong


rules = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from([ALLOW, DENY]),
        st.integers(0, 3),
        st.sampled_from(["any", "peer", "pods", "pods but peer", "identity", "other identity"]),
        st.sampled_from([None, TCP, UDP]),
        st.sampled_from([None, (80, 80), (1, 79), (79, 81)]),
    ),
    max_size=6,
    unique_by=lambda item: item[0],
)


def put_rules(net: Network, drawn: list[Any]) -> list[Any]:
    """Rules of the pod as drawn."""
    full = f"{net.peer}/{32 if net.family is Family.IPV4 else 128}"
    peers: dict[str, Peer] = {
        "any": AnyPeer(),
        "peer": cidr(full),
        "pods": cidr(net.pods),
        "pods but peer": cidr(net.pods, full),
        "identity": identity(2),
        "other identity": identity(3),
    }
    return [
        rule(
            number,
            verdict,
            EGRESS,
            priority=priority,
            protocol=kind,
            ports=ports if kind else None,
            peer=peers[peer],
        )
        for number, verdict, priority, peer, kind, ports in drawn
    ]


@both_families
@some
@given(drawn=rules, data=st.data())
def test_the_order_of_rules_does_not_matter(
    net: Network, drawn: list[Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(drawn))
    events = []
    for order in (drawn, shuffled):
        node = Node(*put_rules(net, order), isolated=[EGRESS])
        (event,) = node.send(connection(net, net.peer).out("S")).policy_events
        events.append((event.verdict, event.rule))
    assert events[0] == events[1]


ETHERTYPES = [b"\x08\x00", b"\x86\xdd", b"\x08\x06", b"\x81\x00"]
VERSIONS = {b"\x08\x00": 0x45, b"\x86\xdd": 0x60}


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Frames of at least an Ethernet header: noise, noise in an IP packet, packets gone wrong."""
    if draw(st.booleans()):
        speak = draw(speaks)
        data = speak.data(draw(st.sampled_from([IPV4, IPV6])))
        data = data[: draw(st.integers(ETHERNET_LENGTH, len(data)))]
    else:
        ethertype = draw(st.sampled_from(ETHERTYPES))
        first = bytes([VERSIONS.get(ethertype, 0) | draw(st.sampled_from([0, 0, 0, 1, 15]))])
        data = bytes(12) + ethertype + first + draw(st.binary(max_size=120))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(12, max(12, len(data) - 1)))
        data = with_bytes(data, place, draw(st.binary(min_size=1, max_size=1)))
    return data


@settings(derandomize=True, max_examples=800, deadline=None)
@given(data=frames())
def test_no_frame_brings_the_parser_down(data: bytes) -> None:
    """It parses or it drops, and what it reads lies within the packet."""
    try:
        view = frame.parse(data, Trace())
    except Drop as drop:
        assert drop.reason.is_drop
        return
    if view is not None:
        assert ETHERNET_LENGTH < view.transport <= view.end <= len(data)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(data=frames(), leaves=st.booleans(), script=traffic)
def test_no_frame_brings_the_node_down(data: bytes, leaves: bool, script: list[Action]) -> None:
    driver = Driver(IPV4)
    list(driver.run(script[:8]))
    handled = driver.node.send(data) if leaves else driver.node.receive(data)
    assert handled.reason in Reason
    assert (handled.verdict is Verdict.DROP) == (
        handled.reason.is_drop and handled.reason is not Reason.REJECTED
    )
    assert len(handled.data) == len(data) or handled.reason is Reason.REJECTED
