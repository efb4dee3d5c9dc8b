"""What passes untracked and what is no IP packet (PKT-1, PKT-1a)."""

from __future__ import annotations

import pytest

from model.domain.event import EMPTY_TUPLE, Hook
from model.domain.packet import Verdict
from model.domain.protocol import ICMPV6
from model.domain.reason import Reason
from model.domain.state import State
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    IPV6,
    connection,
    frame,
    icmp,
    with_bytes,
    with_ip_payload,
)
from tests.model.node import EGRESS, INGRESS, Node

NEIGHBOUR_DISCOVERY = range(133, 138)
LINK_LOCAL = "fe80::5"
ALL_NODES = "ff02::1"
both_hooks = pytest.mark.parametrize("hook", Hook)


def ethernet(ethertype: int, payload: bytes = bytes(46)) -> bytes:
    return bytes.fromhex("020000000002020000000001") + ethertype.to_bytes(2, "big") + payload


def tables(node: Node) -> tuple[object, ...]:
    state: State = node.state
    return state.conntrack, state.affinities, state.datagrams


@both_hooks
@pytest.mark.parametrize("interface", [10, 99], ids=["pod", "no-endpoint"])
def test_arp_passes_unchanged_and_is_not_tracked(hook: Hook, interface: int) -> None:
    node = Node(isolated=[EGRESS, INGRESS])
    arp = ethernet(0x0806)
    handled = node.handle(hook, arp, interface=interface)
    assert (handled.reason, handled.verdict, handled.data) == (
        Reason.UNTRACKED,
        Verdict.PASS,
        arp,
    )
    assert handled.events == ()
    assert tables(node) == ({}, {}, {})
    assert node.counter(hook, Reason.UNTRACKED) == (1, len(arp))


@both_hooks
@pytest.mark.parametrize(
    "ethertype",
    [0x0026, 0x0000, 0x0805, 0x8035, 0x8100, 0x88A8, 0x8847, 0x8864, 0x88CC, 0xFFFF],
    ids=lambda ethertype: f"{ethertype:#06x}",
)
def test_frames_that_are_neither_ip_nor_arp_are_dropped(hook: Hook, ethertype: int) -> None:
    handled = Node().handle(hook, ethernet(ethertype))
    assert (handled.reason, handled.verdict) == (Reason.UNKNOWN_L3, Verdict.DROP)
    assert [event.packet for event in handled.drop_events] == [EMPTY_TUPLE]


def test_a_vlan_tag_does_not_hide_an_ip_packet() -> None:
    packet = connection(IPV4, IPV4.peer).out("S")
    tagged = packet[:12] + b"\x81\x00\x00\x05" + packet[12:]
    assert Node().send(tagged).reason is Reason.UNKNOWN_L3


def test_an_ethernet_header_alone_is_arp_or_an_ip_packet_cut_short() -> None:
    assert Node().send(ethernet(0x0806, b"")).reason is Reason.UNTRACKED
    assert Node().send(ethernet(0x0800, b"")).reason is Reason.INVALID_HEADER
    assert Node().send(ethernet(0x86DD, b"")).reason is Reason.INVALID_HEADER


@both_hooks
@pytest.mark.parametrize("source", [LINK_LOCAL, "::", IPV6.pod, IPV6.peer])
@pytest.mark.parametrize("kind", NEIGHBOUR_DISCOVERY)
def test_neighbour_discovery_passes_from_any_source(hook: Hook, source: str, kind: int) -> None:
    node = Node(isolated=[EGRESS, INGRESS])
    handled = node.handle(hook, icmp(source, ALL_NODES, kind), interface=99)
    assert handled.reason is Reason.UNTRACKED
    assert handled.events == ()
    assert tables(node) == ({}, {}, {})


@pytest.mark.parametrize("kind", [128, 132, 138, 143])
def test_other_icmpv6_types_need_a_source_and_an_endpoint(kind: int) -> None:
    assert Node().send(icmp(LINK_LOCAL, ALL_NODES, kind)).reason is Reason.INVALID_SOURCE
    elsewhere = Node().send(icmp(LINK_LOCAL, ALL_NODES, kind), interface=99)
    assert elsewhere.reason is Reason.UNKNOWN_ENDPOINT


@pytest.mark.parametrize("kind", NEIGHBOUR_DISCOVERY)
@pytest.mark.parametrize(("length", "reason"), [(7, 35), (8, 1)])
def test_neighbour_discovery_needs_its_whole_icmpv6_header(
    kind: int, length: int, reason: int
) -> None:
    packet = icmp(LINK_LOCAL, ALL_NODES, kind)
    assert Node().send(with_ip_payload(IPV6, packet, length)).reason == reason


def test_neighbour_discovery_needs_valid_headers_in_front_of_it() -> None:
    message = icmp(LINK_LOCAL, ALL_NODES, 135)[IPV6.transport :]
    behind_options = frame(LINK_LOCAL, ALL_NODES, bytes([ICMPV6, 0]) + bytes(6) + message, 0)
    assert Node().send(behind_options).reason is Reason.UNTRACKED
    too_long = with_bytes(behind_options, IPV6.transport + 1, b"\xff")
    assert Node().send(too_long).reason is Reason.INVALID_EXTENSION_HEADER
    wrong_version = with_bytes(behind_options, ETHERNET_LENGTH, b"\x40")
    assert Node().send(wrong_version).reason is Reason.INVALID_HEADER


def test_neighbour_discovery_is_known_in_ipv6_alone() -> None:
    message = icmp(IPV6.pod, ALL_NODES, 135)[IPV6.transport :]
    handled = Node().send(frame(IPV4.pod, IPV4.peer, message, ICMPV6))
    assert handled.reason is Reason.NEW
