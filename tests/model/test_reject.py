"""Answers for services without backend (LB-8, LB-8a, LB-8b, LB-8c, PKT-9a)."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Layer

from model.domain import protocol
from model.domain.address import Family
from model.domain.configuration import NoBackendAction
from model.domain.packet import Verdict
from model.domain.reason import Reason
from tests.model.builder import (
    ETHERNET_LENGTH,
    HEADER_LENGTH,
    IPV4,
    IPV6,
    SECOND,
    Network,
    both_families,
    connection,
    with_bytes,
    with_length,
)
from tests.model.node import POD_INTERFACE, Handled, Node, configure, frontend, service

FRONTENDS = {
    net.family: [
        frontend(net.service, 80, kind) for kind in (protocol.TCP, protocol.UDP, protocol.SCTP)
    ]
    for net in (IPV4, IPV6)
}


def rejecting(net: Network, **settings: object) -> Node:
    """A node whose service has no backend and where that is said to clients."""
    put = service(1, FRONTENDS[net.family], [])
    return Node(put, configure(no_backend=NoBackendAction.REJECT, **settings))


def rejected(net: Network, data: bytes) -> Handled:
    handled = rejecting(net).send(data)
    assert handled.reason is Reason.REJECTED
    return handled


def recomputed(data: bytes) -> bytes:
    """The packet with every length and checksum left to Scapy."""
    packet = Ether(data)
    for layer in (IP, IPv6, TCP, ICMP, ICMPv6DestUnreach):
        if layer in packet:
            for name in ("len", "plen", "chksum", "cksum"):
                if name in packet[layer].fields:
                    delattr(packet[layer], name)
    return bytes(packet)


def network(net: Network, packet: Layer) -> Layer:
    return packet[IP] if net.family is Family.IPV4 else packet[IPv6]


@both_families
@pytest.mark.parametrize("kind", [protocol.TCP, protocol.UDP, protocol.SCTP])
def test_an_answer_goes_back_into_the_pod_from_the_service(net: Network, kind: int) -> None:
    question = connection(net, net.service, 80, kind=kind).out("S")
    handled = rejected(net, question)
    assert handled.verdict is Verdict.REDIRECT
    assert handled.redirect_interface == POD_INTERFACE
    assert handled.data[:6] == question[6:12]
    assert handled.data[6:12] == question[:6]
    assert handled.data[12:14] == question[12:14]
    header = network(net, Ether(handled.data))
    assert (header.src, header.dst) == (net.service, net.pod)


@both_families
@pytest.mark.parametrize("kind", [protocol.TCP, protocol.UDP, protocol.SCTP])
def test_an_answers_headers_are_plain_and_its_checksums_right(net: Network, kind: int) -> None:
    data = rejected(net, connection(net, net.service, 80, kind=kind).out("S", b"payload")).data
    header = network(net, Ether(data))
    if net.family is Family.IPV4:
        assert (header.ttl, header.id, header.flags, header.frag) == (64, 0, "DF", 0)
        assert (header.tos, header.ihl, header.options) == (0, 5, [])
        assert header.len == len(data) - ETHERNET_LENGTH
    else:
        assert (header.hlim, header.tc, header.fl) == (64, 0, 0)
        assert header.plen == len(data) - ETHERNET_LENGTH - 40
    assert data == recomputed(data)


@both_families
@pytest.mark.parametrize(
    ("flags", "payload", "length"),
    [("S", b"", 1), ("S", b"fast open", 10), ("SU", b"", 1), ("SPEC", b"odd", 4)],
)
def test_a_segment_without_ack_is_acknowledged_by_the_reset(
    net: Network, flags: str, payload: bytes, length: int
) -> None:
    """The builder's segments have sequence number 1000. RFC 9293, 3.10.7.1."""
    data = rejected(net, connection(net, net.service).out(flags, payload)).data
    reset = Ether(data)[TCP]
    assert (reset.sport, reset.dport) == (80, 40000)
    assert (reset.seq, reset.ack, str(reset.flags)) == (0, 1000 + length, "RA")
    assert (reset.window, reset.urgptr, reset.dataofs, bytes(reset.payload)) == (0, 0, 5, b"")


@both_families
@pytest.mark.parametrize("flags", ["A", "PA", "SA", "FA", "FAU"])
def test_a_segment_with_ack_is_reset_where_it_acknowledges(net: Network, flags: str) -> None:
    """The builder's segments with ACK acknowledge 2000."""
    data = rejected(net, connection(net, net.service).out(flags, b"payload")).data
    reset = Ether(data)[TCP]
    assert (reset.seq, reset.ack, str(reset.flags)) == (2000, 0, "R")
    assert (reset.window, reset.urgptr, reset.dataofs, bytes(reset.payload)) == (0, 0, 5, b"")


@both_families
def test_the_acknowledged_number_wraps_and_leaves_options_and_padding_out(net: Network) -> None:
    syn = connection(net, net.service).out("S", bytes(8) + b"data")
    syn = with_bytes(syn, net.transport + 12, b"\x70")
    syn = with_bytes(syn, net.transport + 4, b"\xff\xff\xff\xfe")
    reset = Ether(rejected(net, syn + b"padding").data)[TCP]
    assert reset.ack == (0xFFFFFFFE + 1 + 4) % 2**32


@both_families
@pytest.mark.parametrize("flags", ["R", "RA"])
def test_a_reset_is_not_answered(net: Network, flags: str) -> None:
    handled = rejecting(net).send(connection(net, net.service).out(flags))
    assert (handled.reason, handled.verdict) == (Reason.NO_BACKEND, Verdict.DROP)


@both_families
@pytest.mark.parametrize("kind", [protocol.UDP, protocol.SCTP])
def test_everything_else_is_answered_by_port_unreachable(net: Network, kind: int) -> None:
    question = connection(net, net.service, 80, kind=kind).out(payload=b"x" * 100)
    packet = Ether(rejected(net, question).data)
    if net.family is Family.IPV4:
        message = packet[ICMP]
        assert (message.type, message.code) == (3, 3)
        assert bytes(message)[4:8] == bytes(4)
        assert bytes(message)[8:] == question[ETHERNET_LENGTH : ETHERNET_LENGTH + 28]
    else:
        message = packet[ICMPv6DestUnreach]
        assert (message.type, message.code) == (1, 4)
        assert bytes(message)[4:8] == bytes(4)
        assert bytes(message)[8:] == question[ETHERNET_LENGTH:]


@pytest.mark.parametrize("payload", [0, 1, 1183, 1184, 1185, 3000])
def test_an_ipv6_answer_fits_in_1280_bytes(payload: int) -> None:
    """40 + 8 bytes of headers leave room for 1232: 48 of headers and 1184 of the payload."""
    question = connection(IPV6, IPV6.service, 80, kind=protocol.UDP).out(payload=bytes(payload))
    data = rejected(IPV6, question).data
    assert len(data) - ETHERNET_LENGTH == min(40 + 8 + 48 + payload, 1280)
    assert data == recomputed(data)


@pytest.mark.parametrize("payload", [0, 1, 5, 1400])
def test_an_ipv4_answer_quotes_header_options_and_eight_bytes(payload: int) -> None:
    question = connection(IPV4, IPV4.service, 80, kind=protocol.UDP).out(payload=bytes(payload))
    head, rest = question[: IPV4.transport], question[IPV4.transport :]
    longer = with_bytes(head, ETHERNET_LENGTH, b"\x46") + b"\x01\x01\x01\x00" + rest
    longer = with_length(IPV4, longer, len(longer) - ETHERNET_LENGTH)
    data = rejected(IPV4, longer).data
    assert data[IPV4.transport + 8 :] == longer[ETHERNET_LENGTH : ETHERNET_LENGTH + 24 + 8]


@both_families
def test_padding_is_not_quoted_and_an_answer_has_none(net: Network) -> None:
    question = connection(net, net.service, 80, kind=protocol.UDP).out(payload=b"ab")
    assert rejected(net, question + b"padding").data == rejected(net, question).data


@both_families
def test_a_rejected_packet_leaves_no_entry(net: Network) -> None:
    node = rejecting(net)
    node.send(connection(net, net.service).out("S"))
    assert (node.table, node.state.affinities) == ({}, {})


@both_families
def test_the_client_accepts_the_answer(net: Network) -> None:
    """It enters the pod like any packet and is not translated or dropped on the way."""
    node = rejecting(net)
    answer = node.send(connection(net, net.service).out("S")).data
    handled = node.receive(answer)
    assert (handled.reason, handled.data) == (Reason.NEW, answer)


@both_families
def test_so_many_answers_a_second_and_no_more(net: Network) -> None:
    node = rejecting(net, rejects_per_second=3)
    syn = connection(net, net.service).out("S")

    def reasons(count: int) -> list[Reason]:
        return [node.send(syn).reason for _ in range(count)]

    assert reasons(5) == [Reason.REJECTED] * 3 + [Reason.NO_BACKEND] * 2
    node.wait(SECOND - 1)
    assert reasons(1) == [Reason.NO_BACKEND]
    node.wait(1)
    assert reasons(4) == [Reason.REJECTED] * 3 + [Reason.NO_BACKEND]
    window = node.state.reject_window
    assert (window.begin, window.used, window.suppressed) == (node.now, 3, 4)


@both_families
def test_a_limit_of_zero_is_none(net: Network) -> None:
    node = rejecting(net, rejects_per_second=0)
    syn = connection(net, net.service).out("S")
    assert {node.send(syn).reason for _ in range(300)} == {Reason.REJECTED}


@both_families
def test_the_default_is_a_hundred_answers_a_second(net: Network) -> None:
    node = rejecting(net)
    syn = connection(net, net.service).out("S")
    reasons = [node.send(syn).reason for _ in range(101)]
    assert reasons == [Reason.REJECTED] * 100 + [Reason.NO_BACKEND]


@both_families
def test_resets_do_not_use_the_limit_up(net: Network) -> None:
    node = rejecting(net, rejects_per_second=1)
    for _ in range(3):
        node.send(connection(net, net.service).out("R"))
    assert node.send(connection(net, net.service).out("S")).reason is Reason.REJECTED


@both_families
def test_a_service_address_without_such_a_frontend_is_not_answered(net: Network) -> None:
    handled = rejecting(net).send(connection(net, net.service, 81).out("S"))
    assert (handled.reason, handled.verdict) == (Reason.NO_SERVICE, Verdict.DROP)


@both_families
def test_answers_name_their_interface_in_control_block_word_4(net: Network) -> None:
    handled = rejected(net, connection(net, net.service).out("S"))
    assert handled.context.control_block == (0, 0, 0, 0, POD_INTERFACE)
    assert HEADER_LENGTH[net.family] in (20, 40)
