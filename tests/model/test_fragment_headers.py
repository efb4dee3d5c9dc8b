"""Fragments inside and around L4 headers (FRAG-3; RFC 8200, RFC 1858, RFC 3128)."""

from __future__ import annotations

import pytest

from model.domain.event import EMPTY_TUPLE
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import IPV6, Network, both_families, connection, with_bytes
from tests.model.errors import error
from tests.model.fragment import first_fragment, last_fragment, piece
from tests.model.node import Node, flow_key

PAYLOAD = bytes(range(200))


@both_families
@pytest.mark.parametrize(("kind", "header"), [(TCP, 20), (UDP, 8), (SCTP, 12)])
def test_a_first_fragment_has_to_hold_its_l4_header(net: Network, kind: int, header: int) -> None:
    whole = connection(net, net.peer, kind=kind).out("S", PAYLOAD)
    for length in range(header):
        handled = Node().send(first_fragment(net, whole, length))
        assert handled.reason is Reason.INVALID_FRAGMENT
        assert [event.packet for event in handled.drop_events] == [EMPTY_TUPLE]
    assert Node().send(first_fragment(net, whole, header)).reason is Reason.NEW


@both_families
def test_a_first_fragment_has_to_hold_the_tcp_options(net: Network) -> None:
    whole = with_bytes(connection(net, net.peer).out("S", PAYLOAD), net.transport + 12, b"\x70")
    for length in (20, 24, 27):
        assert Node().send(first_fragment(net, whole, length)).reason is Reason.INVALID_FRAGMENT
    assert Node().send(first_fragment(net, whole, 28)).reason is Reason.NEW


@both_families
@pytest.mark.parametrize("words", range(5))
def test_a_data_offset_that_is_none_is_no_matter_of_fragments(net: Network, words: int) -> None:
    """PKT-5: at least 5 words. The header is not cut short, it is wrong."""
    offset = bytes([words << 4])
    whole = with_bytes(connection(net, net.peer).out("S", PAYLOAD), net.transport + 12, offset)
    assert Node().send(first_fragment(net, whole)).reason is Reason.INVALID_L4_HEADER


@both_families
@pytest.mark.parametrize(("offset", "valid"), [(8, False), (16, False), (24, True), (32, True)])
def test_a_later_tcp_fragment_does_not_reach_into_the_header(
    net: Network, offset: int, valid: bool
) -> None:
    """RFC 1858 and RFC 3128: what overlaps the header could change ports and flags."""
    node, whole = Node(), connection(net, net.peer).out("S", PAYLOAD)
    node.send(first_fragment(net, whole))
    handled = node.send(piece(net, whole, offset, 16, more=True))
    assert handled.reason is (Reason.ESTABLISHED if valid else Reason.INVALID_FRAGMENT)
    if not valid:
        assert [event.packet for event in handled.drop_events] == [EMPTY_TUPLE]


@both_families
def test_a_later_udp_fragment_may_follow_the_header_at_once(net: Network) -> None:
    node, whole = Node(), connection(net, net.peer, kind=UDP).out("", PAYLOAD)
    node.send(first_fragment(net, whole, 8))
    assert node.send(piece(net, whole, 8, 16, more=True)).reason is Reason.ESTABLISHED


def test_an_ipv6_fragment_header_on_a_whole_packet_makes_no_fragment() -> None:
    node, seen = Node(), connection(IPV6, IPV6.peer)
    atomic = piece(IPV6, seen.out("S"), 0, None, more=False)
    assert node.send(atomic).reason is Reason.NEW
    assert list(node.flows) == [flow_key(seen)]
    assert node.state.datagrams == {}
    short = piece(IPV6, seen.out("S"), 0, 19, more=False)
    assert Node().send(short).reason is Reason.INVALID_L4_HEADER
    about = error(IPV6, IPV6.pod, IPV6.peer, seen.back("S"))
    node.receive(seen.back("S"))
    assert node.send(piece(IPV6, about, 0, None, more=False)).reason is Reason.RELATED


def test_reserved_bits_of_an_ipv6_fragment_header_are_not_looked_at() -> None:
    seen = connection(IPV6, IPV6.peer, kind=UDP)
    part = last_fragment(IPV6, seen.out("", PAYLOAD))
    reserved = with_bytes(part, IPV6.transport + 3, bytes([part[IPV6.transport + 3] | 6]))
    node = Node()
    node.send(first_fragment(IPV6, seen.out("", PAYLOAD)))
    assert node.send(reserved).reason is Reason.ESTABLISHED
