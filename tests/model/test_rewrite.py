"""Translated packets against packets that Scapy makes anew.

PKT-8, PKT-8a, PKT-8b, PKT-9, LB-10.
"""

from __future__ import annotations

import pytest
from scapy.layers import inet
from scapy.packet import Raw

from model.domain.address import Family
from model.domain.packet import Context
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import (
    ETHERNET,
    ETHERNET_LENGTH,
    IPV4,
    Connection,
    End,
    Network,
    both_families,
    connection,
    ends,
    network_layer,
    with_bytes,
)
from tests.model.node import Node, backend, frontend, service

SERVICE_PORT = 80
CHECKSUM = {TCP: 16, UDP: 6, SCTP: 8}
COVERED = [TCP, UDP]
all_protocols = pytest.mark.parametrize("kind", CHECKSUM)


def server(net: Network, kind: int) -> End:
    """The backend; an SCTP port cannot change (LB-10)."""
    return End(net.backends[0], SERVICE_PORT if kind == SCTP else 8080)


def balanced(net: Network, kind: int = TCP) -> Node:
    """A node with one service and one backend."""
    return Node(
        service(1, [frontend(net.service, SERVICE_PORT, kind)], [backend(1, server(net, kind))])
    )


def client(net: Network, kind: int = TCP) -> Connection:
    return connection(net, net.service, SERVICE_PORT, kind=kind)


def checksum_at(net: Network, data: bytes, kind: int) -> int:
    offset = net.transport + CHECKSUM[kind]
    return int.from_bytes(data[offset : offset + 2], "big")


def with_checksum(net: Network, data: bytes, kind: int, value: int) -> bytes:
    return with_bytes(data, net.transport + CHECKSUM[kind], value.to_bytes(2, "big"))


@both_families
@all_protocols
@pytest.mark.parametrize("payload", [b"", b"x", b"odd length", bytes(1400)], ids=len)
def test_both_directions_look_as_if_sent_to_and_by_the_other_end(
    net: Network, kind: int, payload: bytes
) -> None:
    node, seen = balanced(net, kind), client(net, kind)
    real = seen.behind(server(net, kind))
    assert node.send(seen.out("S", payload)).data == real.out("S", payload)
    assert node.receive(real.back("SA", payload)).data == seen.back("SA", payload)


@both_families
@pytest.mark.parametrize("kind", COVERED)
def test_checksums_are_right_for_every_client_port(net: Network, kind: int) -> None:
    """Many ports, so that carries and both ends of the checksum's range come up."""
    node = balanced(net, kind)
    for port in range(1, 65536, 797):
        seen = connection(net, net.service, SERVICE_PORT, port, kind)
        assert node.send(seen.out("S")).data == seen.behind(server(net, kind)).out("S")


@both_families
@pytest.mark.parametrize("kind", COVERED)
@pytest.mark.parametrize("error", [1, 0x00FF, 0x1234, 0x7FFF, 0x8000, 0xFFFE])
def test_a_wrong_checksum_stays_wrong_by_as_much(net: Network, kind: int, error: int) -> None:
    node, seen = balanced(net, kind), client(net, kind)
    right = seen.out("S")
    wrong = (checksum_at(net, right, kind) + error) % 0xFFFF or 0xFFFF
    sent = node.send(with_checksum(net, right, kind, wrong)).data
    wanted = checksum_at(net, seen.behind(server(net, kind)).out("S"), kind) + error
    assert checksum_at(net, sent, kind) % 0xFFFF == wanted % 0xFFFF


def test_a_wrong_ipv4_header_checksum_stays_wrong_by_as_much() -> None:
    offset = ETHERNET_LENGTH + 10
    seen = client(IPV4)
    right = seen.out("S")
    for error in (1, 0x8000, 0xFFFE):
        wrong = (int.from_bytes(right[offset : offset + 2], "big") + error) % 0xFFFF
        sent = balanced(IPV4).send(with_bytes(right, offset, wrong.to_bytes(2, "big"))).data
        wanted = seen.behind(server(IPV4, TCP)).out("S")[offset : offset + 2]
        assert (
            int.from_bytes(sent[offset : offset + 2], "big") % 0xFFFF
            == (int.from_bytes(wanted, "big") + error) % 0xFFFF
        )


@both_families
def test_a_udp_checksum_of_zero_stays_zero(net: Network) -> None:
    node, seen = balanced(net, UDP), client(net, UDP)
    real = seen.behind(server(net, UDP))
    sent = node.send(with_checksum(net, seen.out(), UDP, 0)).data
    assert sent == with_checksum(net, real.out(), UDP, 0)
    back = node.receive(with_checksum(net, real.back(), UDP, 0)).data
    assert back == with_checksum(net, seen.back(), UDP, 0)


@both_families
def test_a_udp_checksum_that_comes_out_as_zero_is_sent_as_all_ones(net: Network) -> None:
    """A payload word equal to the checksum that the packet has with a word of 0 makes it 0."""
    seen = client(net, UDP)
    real = seen.behind(server(net, UDP))
    payload = checksum_at(net, real.out(payload=bytes(2)), UDP).to_bytes(2, "big")
    assert checksum_at(net, real.out(payload=payload), UDP) == 0xFFFF
    sent = balanced(net, UDP).send(seen.out(payload=payload)).data
    assert checksum_at(net, sent, UDP) == 0xFFFF


@both_families
def test_a_udp_checksum_of_all_ones_is_updated_like_any_other(net: Network) -> None:
    seen = client(net, UDP)
    payload = checksum_at(net, seen.out(payload=bytes(2)), UDP).to_bytes(2, "big")
    assert checksum_at(net, seen.out(payload=payload), UDP) == 0xFFFF
    sent = balanced(net, UDP).send(seen.out(payload=payload)).data
    assert sent == seen.behind(server(net, UDP)).out(payload=payload)


@both_families
def test_a_tcp_checksum_that_comes_out_as_zero_stays_zero(net: Network) -> None:
    seen = client(net)
    real = seen.behind(server(net, TCP))
    payload = checksum_at(net, real.out("S", bytes(2)), TCP).to_bytes(2, "big")
    sent = balanced(net).send(seen.out("S", payload)).data
    assert checksum_at(net, sent, TCP) == 0


@both_families
def test_an_sctp_checksum_is_left_alone(net: Network) -> None:
    node, seen = balanced(net, SCTP), client(net, SCTP)
    for value in (0, 0x1234, 0xFFFF):
        sent = node.send(with_checksum(net, seen.out(), SCTP, value)).data
        assert checksum_at(net, sent, SCTP) == value


@both_families
def test_nothing_but_addresses_ports_and_checksums_changes(net: Network) -> None:
    """The packet has unusual values in all its other fields."""
    if net.family is Family.IPV4:
        odd = {"tos": 0xB9, "id": 0xBEEF, "ttl": 1, "flags": "DF"}
    else:
        odd = {"tc": 0xB9, "fl": 0xABCDE, "hlim": 1}
    header = inet.TCP(
        sport=40000,
        dport=SERVICE_PORT,
        flags="SPEC",
        seq=0xFFFFFFFF,
        window=1,
        urgptr=9,
        options=[("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 2)), ("WScale", 7)],
    )
    before = bytes(ETHERNET / network_layer(net.pod, net.service, **odd) / header / Raw(b"payload"))
    after = balanced(net).send(before).data
    changed = {
        place for place, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1
    }
    destination = range(net.transport - (4 if net.family is Family.IPV4 else 16), net.transport)
    allowed = {*destination, net.transport + 2, net.transport + 3}
    allowed |= {net.transport + 16, net.transport + 17}
    if net.family is Family.IPV4:
        allowed |= {ETHERNET_LENGTH + 10, ETHERNET_LENGTH + 11}
    assert changed <= allowed
    assert ends(after) == (End(net.pod, 40000), server(net, TCP))


@both_families
def test_ports_are_found_behind_options_and_extension_headers(net: Network) -> None:
    seen = client(net)
    real = seen.behind(server(net, TCP))

    def longer(data: bytes) -> bytes:
        head, segment = data[: net.transport], data[net.transport :]
        if net.family is Family.IPV6:
            head = with_bytes(head, ETHERNET_LENGTH + 4, (len(segment) + 8).to_bytes(2, "big"))
            return with_bytes(head, ETHERNET_LENGTH + 6, b"\0") + bytes([TCP]) + bytes(7) + segment
        head = with_bytes(head, ETHERNET_LENGTH, b"\x46") + b"\x01\x01\x01\x00"
        head = with_bytes(head, ETHERNET_LENGTH + 2, (24 + len(segment)).to_bytes(2, "big"))
        return head + segment

    sent = balanced(net).send(longer(seen.out("S"))).data
    wanted = longer(real.out("S"))
    if net.family is Family.IPV4:
        assert sent[ETHERNET_LENGTH + 12 :] == wanted[ETHERNET_LENGTH + 12 :]
    else:
        assert sent == wanted


@both_families
def test_padding_and_metadata_travel_along(net: Network) -> None:
    context = Context(mark=0xDEADBEEF, priority=7, control_block=(1, 2, 3, 4, 5))
    seen = client(net)
    handled = balanced(net).send(seen.out("S") + b"padding", context=context)
    assert handled.context == context
    assert handled.data == seen.behind(server(net, TCP)).out("S") + b"padding"


@both_families
def test_packets_of_direct_flows_are_not_touched_at_all(net: Network) -> None:
    node, direct = balanced(net), connection(net, net.peer)
    odd = with_checksum(net, direct.out("S"), TCP, 0x1234)
    handled = node.send(odd)
    assert (handled.reason, handled.data) == (Reason.NEW, odd)
    assert node.receive(direct.back("SA")).data == direct.back("SA")
