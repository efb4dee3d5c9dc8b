"""L4 headers and what stands for ports (PKT-4, PKT-5)."""

from __future__ import annotations

import pytest

from model.domain.address import Family
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import (
    Network,
    both_families,
    connection,
    frame,
    icmp,
    raw,
    with_bytes,
    with_ip_payload,
)
from tests.model.node import Node, flow_key

MINIMUM = {TCP: 20, UDP: 8, SCTP: 12}
DATA_OFFSET = 12


def other_icmp(net: Network) -> int:
    return ICMPV6 if net.family is Family.IPV4 else ICMP


@both_families
@pytest.mark.parametrize("kind", MINIMUM)
def test_ports_are_tracked(net: Network, kind: int) -> None:
    node, wanted = Node(), connection(net, net.peer, 53, 50000, kind)
    assert node.send(wanted.out("S")).reason is Reason.NEW
    assert list(node.flows) == [flow_key(wanted)]


@both_families
@pytest.mark.parametrize("kind", MINIMUM)
def test_a_header_that_is_cut_short_is_dropped(net: Network, kind: int) -> None:
    """The frame is long enough every time; what counts is the IP length."""
    data = connection(net, net.peer, kind=kind).out("S", b"payload payload payload")
    for length in range(MINIMUM[kind]):
        assert Node().send(with_ip_payload(net, data, length)).reason is Reason.INVALID_L4_HEADER
    assert Node().send(with_ip_payload(net, data, MINIMUM[kind])).reason is Reason.NEW


@both_families
@pytest.mark.parametrize("kind", [0, 3, 8, 13, 128, 255])
def test_an_icmp_header_has_eight_bytes(net: Network, kind: int) -> None:
    data = icmp(net.pod, net.peer, kind)
    for length in range(8):
        assert Node().send(with_ip_payload(net, data, length)).reason is Reason.INVALID_L4_HEADER
    assert Node().send(with_ip_payload(net, data, 8)).reason is Reason.NEW


@both_families
@pytest.mark.parametrize("words", range(16))
def test_a_tcp_data_offset_has_to_fit(net: Network, words: int) -> None:
    """20 bytes of header and 12 of options or payload: offsets from 5 to 8 words fit."""
    data = connection(net, net.peer).out("S", bytes(12))
    data = with_bytes(data, net.transport + DATA_OFFSET, bytes([words << 4]))
    fits = 5 <= words <= 8
    assert Node().send(data).reason is (Reason.NEW if fits else Reason.INVALID_L4_HEADER)


@both_families
@pytest.mark.parametrize("number", [2, 4, 41, 47, 50, 59, 89, 94, 112, 136, 255])
@pytest.mark.parametrize("payload", [b"", b"\x12\x34\x56\x78 not ports"], ids=["empty", "some"])
def test_other_protocols_are_tracked_without_ports(
    net: Network, number: int, payload: bytes
) -> None:
    node = Node()
    assert node.send(raw(net, payload, number)).reason is Reason.NEW
    (key,) = node.flows
    assert (key.protocol, key.endpoint_port, key.peer_port) == (number, 0, 0)


@both_families
def test_the_icmp_of_the_other_family_is_a_protocol_like_any_other(net: Network) -> None:
    node = Node()
    echo = bytes([net.echo_request, 0, 0, 0, 0x12, 0x34, 0, 1])
    assert node.send(raw(net, echo, other_icmp(net))).reason is Reason.NEW
    (key,) = node.flows
    assert (key.protocol, key.endpoint_port, key.peer_port) == (other_icmp(net), 0, 0)


@both_families
def test_both_directions_of_a_protocol_without_ports_are_one_flow(net: Network) -> None:
    node = Node()
    assert node.send(raw(net, b"", 47)).reason is Reason.NEW
    assert node.receive(frame(net.peer, net.pod, b"", 47)).reason is Reason.REPLY
    assert len(node.flows) == 1
