"""A pod that reaches itself through a service (LB-11, LB-11a to LB-11d, NAT-2d)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from model.domain.address import parse_address
from model.domain.endpoint import Direction
from model.domain.flow import Opener, Selection
from model.domain.operation import Operation
from model.domain.packet import Verdict
from model.domain.policy import RuleVerdict
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import Connection, End, Network, both_families, connection
from tests.model.node import (
    EGRESS,
    INGRESS,
    POD_INTERFACE,
    Handled,
    Node,
    backend,
    configure,
    flow_key,
    frontend,
    rule,
    service,
)

PORT = 8080
CLIENT_PORT = 40000
LOOPBACK = {4: "169.254.42.1", 6: "fd00:2a::1"}
both_protocols = pytest.mark.parametrize("kind", [TCP, UDP], ids=["tcp", "udp"])


def looped(
    net: Network, *operations: Operation, kind: int = TCP, isolated: Iterable[Direction] = ()
) -> Node:
    """A node whose pod is the only backend of a service."""
    put = service(1, [frontend(net.service, 80, kind)], [backend(1, End(net.pod, PORT))])
    return Node(put, *operations, isolated=isolated)


def as_client(net: Network, kind: int = TCP) -> Connection:
    """What the pod sees as a client: itself and the service."""
    return connection(net, net.service, 80, CLIENT_PORT, kind)


def as_server(net: Network, kind: int = TCP, loopback: str | None = None) -> Connection:
    """What the pod sees as a server: itself and the loopback address."""
    far = End(loopback or LOOPBACK[net.family], CLIENT_PORT)
    return Connection(End(net.pod, PORT), far, kind)


def swapped(data: bytes) -> bytes:
    return data[6:12] + data[:6] + data[12:]


def assert_turned(handled: Handled, reason: Reason, data: bytes) -> None:
    assert (handled.reason, handled.verdict) == (reason, Verdict.REDIRECT)
    assert handled.redirect_interface == POD_INTERFACE
    assert handled.data == swapped(data)


@both_families
@both_protocols
def test_a_connection_to_itself_turns_round_and_comes_from_the_loopback_address(
    net: Network, kind: int
) -> None:
    node = looped(net, kind=kind)
    request = node.send(as_client(net, kind).out("S"))
    assert_turned(request, Reason.NEW, as_server(net, kind).back("S"))
    answer = node.send(as_server(net, kind).out("SA"))
    assert_turned(answer, Reason.REPLY, as_client(net, kind).back("SA"))
    more = node.send(as_client(net, kind).out("A", b"payload"))
    assert_turned(more, Reason.ESTABLISHED, as_server(net, kind).back("A", b"payload"))


@both_families
def test_the_loopback_address_is_configured(net: Network) -> None:
    other = {4: "198.18.0.1", 6: "2001:db8:2a::1"}[net.family]
    name = "loopback_ipv4" if net.family == 4 else "loopback_ipv6"
    node = looped(net, configure(**{name: parse_address(other)}))
    request = node.send(as_client(net).out("S"))
    assert_turned(request, Reason.NEW, as_server(net, loopback=other).back("S"))


@both_families
def test_the_flow_stands_as_the_server_sees_it(net: Network) -> None:
    node = looped(net)
    node.send(as_client(net).out("S"))
    assert set(node.flows) == {flow_key(as_server(net), Opener.PEER)}
    assert node.selections == {flow_key(as_client(net)): Selection(1, 1)}
    flow = node.flow
    assert (flow.hairpin, flow.load_balanced, flow.service) == (True, True, 1)
    assert (flow.service_address, flow.service_port) == (parse_address(net.service), 80)


@both_families
def test_both_directions_are_counted_once_when_they_leave(net: Network) -> None:
    node = looped(net)
    syn, syn_ack = as_client(net).out("S"), as_server(net).out("SA")
    node.receive(node.send(syn).data)
    node.receive(node.send(syn_ack).data)
    flow = node.flow
    assert (flow.opener_packets, flow.opener_bytes) == (1, len(syn))
    assert (flow.reply_packets, flow.reply_bytes) == (1, len(syn_ack))


@both_families
@both_protocols
def test_what_turned_round_enters_the_pod_unchanged(net: Network, kind: int) -> None:
    node = looped(net, kind=kind)
    request = node.send(as_client(net, kind).out("S")).data
    before = node.table
    entered = node.receive(request)
    assert (entered.reason, entered.verdict) == (Reason.ESTABLISHED, Verdict.PASS)
    assert (entered.data, node.table) == (request, before)
    answer = node.send(as_server(net, kind).out("SA")).data
    before = node.table
    entered = node.receive(answer)
    assert (entered.reason, entered.verdict) == (Reason.REPLY, Verdict.PASS)
    assert (entered.data, node.table) == (answer, before)


@both_families
def test_policy_has_no_say_where_a_pod_reaches_itself(net: Network) -> None:
    deny = [rule(1, RuleVerdict.DENY, EGRESS), rule(2, RuleVerdict.DENY, INGRESS)]
    node = looped(net, *deny, isolated=[EGRESS, INGRESS])
    request = node.send(as_client(net).out("S"))
    assert (request.reason, request.policy_events) == (Reason.NEW, [])
    assert node.receive(request.data).reason is Reason.ESTABLISHED
    answer = node.send(as_server(net).out("SA"))
    assert answer.reason is Reason.REPLY
    assert node.receive(answer.data).reason is Reason.REPLY


@both_families
def test_a_policy_change_does_not_end_it_either(net: Network) -> None:
    node = looped(net)
    request = node.send(as_client(net).out("S")).data
    revision = node.flow.policy_revision
    node.apply(rule(1, RuleVerdict.DENY, EGRESS), rule(2, RuleVerdict.DENY, INGRESS))
    assert node.receive(request).reason is Reason.ESTABLISHED
    assert node.send(as_server(net).out("SA")).reason is Reason.REPLY
    assert node.send(as_client(net).out("A")).reason is Reason.ESTABLISHED
    assert node.flow.policy_revision == revision


@both_families
def test_the_connection_has_tcp_states_like_any_other(net: Network) -> None:
    node = looped(net)
    node.send(as_client(net).out("S"))
    node.send(as_server(net).out("SA"))
    assert not node.flow.established
    node.send(as_client(net).out("A"))
    assert node.flow.established
    node.send(as_server(net).out("FA"))
    assert (node.flow.opener_closing, node.flow.reply_closing) == (False, True)
    node.send(as_client(net).out("FA"))
    assert (node.flow.opener_closing, node.flow.reply_closing) == (True, True)
    assert node.flow.expires == node.now + 10_000_000_000
    reopened = node.send(as_client(net).out("S"))
    assert_turned(reopened, Reason.NEW, as_server(net).back("S"))
    assert node.flow.opener_packets == 1


@both_families
def test_a_selection_is_reported_for_a_hairpin_too(net: Network) -> None:
    handled = looped(net).send(as_client(net).out("S"))
    (event,) = handled.selection_events
    assert (event.service, event.backend) == (1, 1)
    assert (event.backend_address, event.backend_port) == (parse_address(net.pod), PORT)


@both_families
def test_two_clients_ports_are_two_connections(net: Network) -> None:
    node = looped(net)
    for port in (40000, 40001):
        node.send(connection(net, net.service, 80, port).out("S"))
    assert len(node.flows) == 2


@both_families
def test_two_services_cannot_turn_one_client_port_to_one_server_port(net: Network) -> None:
    """Both connections would look alike to the server, and its answers could not be told apart."""
    other = service(2, [frontend(net.other_service)], [backend(2, End(net.pod, PORT))])
    node = looped(net, other)
    node.send(as_client(net).out("S"))
    clash = node.send(connection(net, net.other_service, 80, CLIENT_PORT).out("S"))
    assert clash.reason is Reason.TUPLE_CLASH


@both_families
def test_an_sctp_port_cannot_change_for_a_hairpin_either(net: Network) -> None:
    node = looped(net, kind=SCTP)
    assert node.send(as_client(net, SCTP).out()).reason is Reason.UNSUPPORTED


@both_families
def test_strangers_to_the_flow_do_not_enter_from_the_loopback_address(net: Network) -> None:
    node = looped(net, isolated=[INGRESS])
    node.send(as_client(net).out("S"))
    elsewhere = Connection(End(net.pod, PORT), End(LOOPBACK[net.family], 50000))
    assert node.receive(elsewhere.back("S")).reason is Reason.POLICY_DENIED


@both_families
def test_what_comes_from_a_service_without_a_hairpin_flow_is_a_clash(net: Network) -> None:
    """NAT-4b: a selection of an ordinary flow is no reason to let its service address in."""
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], PORT))])
    node = Node(put)
    node.send(as_client(net).out("S"))
    assert node.receive(as_client(net).back("SA")).reason is Reason.TUPLE_CLASH


@both_families
def test_hairpins_name_their_interface_in_control_block_word_4(net: Network) -> None:
    handled = looped(net).send(as_client(net).out("S"))
    assert handled.context.control_block == (0, 0, 0, 0, POD_INTERFACE)
