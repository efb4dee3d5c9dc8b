"""Packets that pass two pods' hooks on one node: each pod has its own view of a connection."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from model.domain.address import parse_address
from model.domain.endpoint import Direction
from model.domain.flow import Opener
from model.domain.operation import Operation, PutEndpoint, PutRule
from model.domain.packet import Verdict
from model.domain.policy import PolicyRule
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import Connection, End, Network, both_families, connection, icmp
from tests.model.errors import error
from tests.model.node import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    Node,
    backend,
    cidr,
    flow_key,
    frontend,
    pod,
    rule,
    service,
)

SERVER = 8
SERVER_INTERFACE = 20
SERVER_PORT = 8080
both_protocols = pytest.mark.parametrize("kind", [TCP, UDP], ids=["tcp", "udp"])


def node_with_server(
    net: Network, *operations: Operation, isolated: Iterable[Direction] = ()
) -> Node:
    """The client pod, a second pod at the first backend's address, and a service in front of it."""
    family = "ipv4" if net.family == 4 else "ipv6"
    server = pod(
        isolated,
        identifier=SERVER,
        name="server",
        interface=SERVER_INTERFACE,
        **{family: parse_address(net.backends[0])},
    )
    kinds = [frontend(net.service, 80, kind) for kind in (TCP, UDP)]
    put = service(1, kinds, [backend(1, End(net.backends[0], SERVER_PORT))])
    return Node(PutEndpoint(server), put, *operations)


def to_server(node: Node, data: bytes) -> list[Reason]:
    """A packet from the client through both hooks, and what it arrives as."""
    left = node.send(data)
    if left.verdict is not Verdict.PASS:
        return [left.reason]
    return [left.reason, node.receive(left.data, interface=SERVER_INTERFACE).reason]


def to_client(node: Node, data: bytes) -> tuple[list[Reason], bytes]:
    left = node.send(data, interface=SERVER_INTERFACE)
    if left.verdict is not Verdict.PASS:
        return [left.reason], left.data
    arrived = node.receive(left.data)
    return [left.reason, arrived.reason], arrived.data


def server_side(client: Connection) -> Connection:
    """A direct connection as the server sees it."""
    return Connection(client.far, client.near, client.kind)


@both_families
@both_protocols
@pytest.mark.parametrize("far", ["pod", "service"])
def test_a_connection_between_two_pods_is_one_flow_for_each(
    net: Network, kind: int, far: str
) -> None:
    node = node_with_server(net)
    direct = connection(net, net.backends[0], SERVER_PORT, kind=kind)
    client = direct if far == "pod" else connection(net, net.service, kind=kind)
    assert to_server(node, client.out("S")) == [Reason.NEW, Reason.NEW]
    reasons, data = to_client(node, direct.back("SA"))
    assert (reasons, data) == ([Reason.REPLY, Reason.REPLY], client.back("SA"))
    assert to_server(node, client.out("A")) == [Reason.ESTABLISHED, Reason.ESTABLISHED]
    of_server = server_side(direct)
    assert set(node.flows) == {flow_key(direct), flow_key(of_server, Opener.PEER)}
    assert node.flows[flow_key(direct)].load_balanced == (far == "service")
    assert not node.flows[flow_key(of_server, Opener.PEER)].load_balanced


@both_families
def test_both_pods_policies_have_to_allow_a_connection(net: Network) -> None:
    client = connection(net, net.service)
    node = node_with_server(net, rule(1, DENY, EGRESS))
    assert to_server(node, client.out("S")) == [Reason.POLICY_DENIED]
    node = node_with_server(net, isolated=[INGRESS])
    assert to_server(node, client.out("S")) == [Reason.NEW, Reason.POLICY_DENIED]


@both_families
def test_the_server_judges_the_client_and_not_the_service(net: Network) -> None:
    prefix = f"{net.pod}/{32 if net.family == 4 else 128}"
    allow = PolicyRule(1, SERVER, INGRESS, 10, ALLOW, cidr(prefix), TCP)
    node = node_with_server(net, PutRule(allow), isolated=[INGRESS])
    assert to_server(node, connection(net, net.service).out("S")) == [Reason.NEW, Reason.NEW]


@both_families
def test_a_ping_between_two_pods(net: Network) -> None:
    node = node_with_server(net)
    request = icmp(net.pod, net.backends[0], net.echo_request, identifier=7)
    answer = icmp(net.backends[0], net.pod, net.echo_reply, identifier=7)
    assert to_server(node, request) == [Reason.NEW, Reason.NEW]
    assert to_client(node, answer)[0] == [Reason.REPLY, Reason.REPLY]


@both_families
def test_a_servers_port_unreachable_reaches_the_client_as_the_services(net: Network) -> None:
    """Through both hooks: the server quotes what it got, the client reads what it sent."""
    node = node_with_server(net)
    client = connection(net, net.service, kind=UDP)
    direct = client.behind(End(net.backends[0], SERVER_PORT))
    to_server(node, client.out())
    unreachable = error(net, net.backends[0], net.pod, direct.out())
    reasons, data = to_client(node, unreachable)
    assert reasons == [Reason.RELATED, Reason.RELATED]
    assert data == error(net, net.service, net.pod, client.out())


@both_families
def test_a_clients_port_unreachable_reaches_the_server_as_the_clients(net: Network) -> None:
    node = node_with_server(net)
    client = connection(net, net.service, kind=UDP)
    direct = client.behind(End(net.backends[0], SERVER_PORT))
    to_server(node, client.out())
    to_client(node, direct.back())
    left = node.send(error(net, net.pod, net.service, client.back()))
    wanted = error(net, net.pod, net.backends[0], direct.back())
    assert (left.reason, left.data) == (Reason.RELATED, wanted)
    arrived = node.receive(left.data, interface=SERVER_INTERFACE)
    assert (arrived.reason, arrived.data) == (Reason.RELATED, wanted)
