"""Interfaces and source addresses (PKT-7, PKT-7a, PKT-7b)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.domain.address import Family
from model.domain.configuration import Configuration
from model.domain.endpoint import Direction
from model.domain.event import Hook
from model.domain.flow import Flow, Opener
from model.domain.operation import PutEndpoint, RemoveEndpoint, SetConfiguration
from model.domain.packet import Verdict
from model.domain.reason import Reason
from tests.model.builder import SECOND, Connection, End, Network, both_families, connection
from tests.model.errors import error
from tests.model.node import POD, POD_INTERFACE, Node, flow_key, pod


@both_families
def test_a_pod_cannot_send_under_a_foreign_address(net: Network) -> None:
    node = Node()
    for address in (net.peer, net.node, net.service, net.stranger):
        spoofed = Connection(End(address, 40000), End(net.peer, 80))
        handled = node.send(spoofed.out("S"))
        assert handled.reason is Reason.INVALID_SOURCE
        assert [event.packet.source_port for event in handled.drop_events] == [40000]
        assert [event.endpoint for event in handled.drop_events] == [POD]
    assert node.table == {}


@both_families
def test_a_pod_without_an_address_of_the_family_sends_nothing_in_it(net: Network) -> None:
    lacking = pod(ipv4=None) if net.family is Family.IPV4 else pod(ipv6=None)
    node = Node(PutEndpoint(lacking))
    assert node.send(connection(net, net.peer).out("S")).reason is Reason.INVALID_SOURCE


@both_families
def test_the_source_of_what_enters_a_pod_is_not_checked(net: Network) -> None:
    odd = Connection(End(net.pod, 80), End(net.pod, 40000))
    assert Node().receive(odd.back("S")).reason is Reason.NEW


@both_families
def test_what_is_for_another_address_passes_and_leaves_nothing(net: Network) -> None:
    elsewhere = Connection(End(net.stranger, 80), End(net.peer, 40000)).back("S")
    node = Node()
    for _ in range(2):
        handled = node.receive(elsewhere)
        assert (handled.reason, handled.verdict) == (Reason.NEW, Verdict.PASS)
        assert handled.data == elsewhere
        assert "PKT-7b" in handled.clauses
        assert len(handled.policy_events) == 1
    assert node.table == {}


@both_families
def test_a_family_without_an_address_is_for_another(net: Network) -> None:
    lacking = pod(ipv4=None) if net.family is Family.IPV4 else pod(ipv6=None)
    node = Node(PutEndpoint(lacking))
    assert node.receive(connection(net, net.peer).back("S")).reason is Reason.NEW
    assert node.table == {}


@both_families
@pytest.mark.parametrize("opener", Opener)
@pytest.mark.parametrize("closing", [False, True])
def test_no_flow_takes_in_what_is_for_another_address(
    net: Network, opener: Opener, closing: bool
) -> None:
    elsewhere, node = Connection(End(net.stranger, 80), End(net.peer, 40000)), Node()
    flow = Flow(node.now + 60 * SECOND, established=True, opener_closing=closing)
    node.put(flow_key(elsewhere, opener), replace(flow))
    for flags in ("A", "S", "SA", "R"):
        assert node.receive(elsewhere.back(flags)).reason is Reason.NEW
    assert node.table == {flow_key(elsewhere, opener): flow}


@both_families
def test_an_error_for_another_address_is_not_related(net: Network) -> None:
    elsewhere, node = Connection(End(net.stranger, 80), End(net.peer, 40000)), Node()
    node.put(flow_key(elsewhere, Opener.ENDPOINT), Flow(node.now + 60 * SECOND))
    message = error(net, net.peer, net.stranger, elsewhere.out("S"))
    assert node.receive(message).reason is Reason.NEW


@both_families
def test_policy_judges_what_is_for_another_address(net: Network) -> None:
    elsewhere = Connection(End(net.stranger, 80), End(net.peer, 40000))
    node = Node(isolated=[Direction.INGRESS])
    assert node.receive(elsewhere.back("S")).reason is Reason.POLICY_DENIED


@both_families
def test_mid_stream_for_another_address(net: Network) -> None:
    elsewhere = Connection(End(net.stranger, 80), End(net.peer, 40000))
    node = Node(SetConfiguration(Configuration(pick_up_mid_stream=False)))
    assert node.receive(elsewhere.back("A")).reason is Reason.MID_STREAM
    assert node.receive(elsewhere.back("S")).reason is Reason.NEW


@both_families
@pytest.mark.parametrize("hook", Hook)
def test_an_interface_without_endpoint_passes_no_ip_packet(net: Network, hook: Hook) -> None:
    node = Node()
    handled = node.handle(hook, connection(net, net.peer).out("S"), interface=POD_INTERFACE + 1)
    assert handled.reason is Reason.UNKNOWN_ENDPOINT
    (event,) = handled.drop_events
    assert (event.endpoint, event.packet.source_port, event.packet.destination_port) == (
        0,
        40000,
        80,
    )
    assert node.table == {}


@both_families
def test_a_missing_endpoint_is_noticed_before_a_wrong_source(net: Network) -> None:
    spoofed = Connection(End(net.peer, 40000), End(net.peer, 80)).out("S")
    assert Node().send(spoofed, interface=99).reason is Reason.UNKNOWN_ENDPOINT


@both_families
def test_a_malformed_packet_is_noticed_before_a_missing_endpoint(net: Network) -> None:
    scan = connection(net, net.peer).out("SF")
    assert Node().send(scan, interface=99).reason is Reason.INVALID_TCP_FLAGS


@both_families
def test_an_endpoint_that_is_removed_or_moved_leaves_its_interface(net: Network) -> None:
    syn = connection(net, net.peer).out("S")
    node = Node(RemoveEndpoint(POD))
    assert node.send(syn).reason is Reason.UNKNOWN_ENDPOINT
    node = Node(PutEndpoint(pod(interface=20)))
    assert node.send(syn).reason is Reason.UNKNOWN_ENDPOINT
    assert node.send(syn, interface=20).reason is Reason.NEW
