"""What is reported, in which order and how often (OBS-2, OBS-2a, OBS-2b)."""

from __future__ import annotations

import pytest

from model.domain.address import parse_address
from model.domain.configuration import NoBackendAction
from model.domain.event import (
    EMPTY_TUPLE,
    DropEvent,
    Hook,
    PolicyVerdictEvent,
    SelectionEvent,
    Tuple,
)
from model.domain.operation import Operation
from model.domain.protocol import TCP
from model.domain.reason import Reason
from tests.model.builder import SECOND, End, Network, both_families, connection, icmp
from tests.model.node import (
    DENY,
    EGRESS,
    POD,
    Handled,
    Node,
    backend,
    configure,
    frontend,
    rule,
    service,
    switches,
)


def balanced(net: Network, *operations: Operation) -> Node:
    put = service(1, [frontend(net.service)], [backend(4, End(net.backends[0], 8080))])
    return Node(put, *operations)


def kinds(handled: Handled) -> list[str]:
    return [type(event).__name__ for event in handled.events]


@both_families
def test_a_new_connection_to_a_service_reports_its_selection_then_its_verdict(
    net: Network,
) -> None:
    handled = balanced(net).send(connection(net, net.service).out("S"))
    assert kinds(handled) == ["SelectionEvent", "PolicyVerdictEvent"]


@both_families
def test_a_selection_names_service_backend_and_the_tuple_that_the_packet_had(
    net: Network,
) -> None:
    node = balanced(net)
    (event,) = node.send(connection(net, net.service).out("S")).selection_events
    pod, to_service = parse_address(net.pod), parse_address(net.service)
    assert event == SelectionEvent(
        time=node.now,
        hook=Hook.FROM_CONTAINER,
        endpoint=POD,
        packet=Tuple(pod, to_service, 40000, 80, TCP),
        service=1,
        backend=4,
        backend_address=parse_address(net.backends[0]),
        backend_port=8080,
    )


@both_families
def test_a_denied_connection_reports_its_verdict_then_its_drop(net: Network) -> None:
    handled = balanced(net, rule(1, DENY, EGRESS)).send(connection(net, net.service).out("S"))
    assert kinds(handled) == ["PolicyVerdictEvent", "DropEvent"]


@both_families
def test_a_drop_names_its_reason_and_the_tuple_that_the_packet_had(net: Network) -> None:
    node = balanced(net, rule(1, DENY, EGRESS))
    (event,) = node.send(connection(net, net.service).out("S")).drop_events
    pod, to_service = parse_address(net.pod), parse_address(net.service)
    assert event == DropEvent(
        time=node.now,
        hook=Hook.FROM_CONTAINER,
        endpoint=POD,
        packet=Tuple(pod, to_service, 40000, 80, TCP),
        reason=Reason.POLICY_DENIED,
    )


@both_families
def test_the_tuple_of_an_icmp_message_has_identifier_type_and_code(net: Network) -> None:
    node = Node(rule(1, DENY, EGRESS))
    ping = icmp(net.pod, net.peer, net.echo_request, identifier=0x1234)
    (event,) = node.send(ping).drop_events
    assert (event.packet.source_port, event.packet.destination_port) == (
        0x1234,
        net.echo_request << 8,
    )


@both_families
def test_packets_of_known_flows_report_nothing(net: Network) -> None:
    node = balanced(net)
    client = connection(net, net.service)
    node.send(client.out("S"))
    assert node.send(client.out("A")).events == ()
    assert node.receive(client.behind(End(net.backends[0], 8080)).back("A")).events == ()


@both_families
def test_a_rejected_packet_reports_a_drop(net: Network) -> None:
    put = service(1, [frontend(net.service)], [])
    node = Node(put, configure(no_backend=NoBackendAction.REJECT))
    handled = node.send(connection(net, net.service).out("S"))
    assert [event.reason for event in handled.drop_events] == [Reason.REJECTED]
    assert kinds(handled) == ["DropEvent"]


@both_families
def test_a_packet_dropped_while_parsing_has_an_empty_tuple_and_no_endpoint(
    net: Network,
) -> None:
    node = Node()
    (event,) = node.send(connection(net, net.peer).out("SF")).drop_events
    assert event == DropEvent(
        node.now, Hook.FROM_CONTAINER, 0, EMPTY_TUPLE, Reason.INVALID_TCP_FLAGS
    )


@both_families
@pytest.mark.parametrize(
    ("off", "left"),
    [
        ({"selections": False}, ["PolicyVerdictEvent"]),
        ({"policy_verdicts": False}, ["SelectionEvent"]),
        ({"drops": False}, ["SelectionEvent", "PolicyVerdictEvent"]),
        ({"selections": False, "policy_verdicts": False}, []),
    ],
)
def test_each_kind_can_be_switched_off(net: Network, off: dict[str, bool], left: list[str]) -> None:
    node = balanced(net, switches(**off))
    assert kinds(node.send(connection(net, net.service).out("S"))) == left
    drop = kinds(node.send(connection(net, net.service, 81).out("S")))
    assert drop == ([] if "drops" in off else ["DropEvent"])


@both_families
def test_switches_change_what_is_reported_and_nothing_else(net: Network) -> None:
    client = connection(net, net.service)
    quiet = balanced(net, switches(selections=False, policy_verdicts=False, drops=False))
    loud = balanced(net)
    for flags in ("S", "A", "SF"):
        one, other = quiet.send(client.out(flags)), loud.send(client.out(flags))
        assert (one.reason, one.data) == (other.reason, other.data)
    assert quiet.table == loud.table


def drop_at(node: Node, net: Network) -> int:
    """One packet that reports one event; how many came through."""
    return len(node.send(connection(net, net.peer).out("SF")).events)


@both_families
def test_so_many_events_a_second_and_no_more(net: Network) -> None:
    node = Node(switches(per_second=3))
    assert [drop_at(node, net) for _ in range(5)] == [1, 1, 1, 0, 0]
    window = node.state.event_window
    assert (window.begin, window.used, window.suppressed) == (node.now, 3, 2)
    node.wait(SECOND - 1)
    assert drop_at(node, net) == 0
    node.wait(1)
    assert [drop_at(node, net) for _ in range(4)] == [1, 1, 1, 0]
    window = node.state.event_window
    assert (window.begin, window.used, window.suppressed) == (node.now, 3, 4)


@both_families
def test_a_window_begins_with_the_first_event_after_the_last_has_ended(net: Network) -> None:
    node = Node(switches(per_second=1))
    drop_at(node, net)
    node.wait(7 * SECOND + 5)
    drop_at(node, net)
    assert node.state.event_window.begin == node.now


@both_families
def test_the_limit_counts_events_not_packets(net: Network) -> None:
    node = balanced(net, switches(per_second=1))
    handled = node.send(connection(net, net.service).out("S"))
    assert kinds(handled) == ["SelectionEvent"]
    assert node.state.event_window.suppressed == 1


@both_families
def test_events_that_are_switched_off_do_not_use_the_limit_up(net: Network) -> None:
    node = balanced(net, switches(per_second=1, selections=False))
    handled = node.send(connection(net, net.service).out("S"))
    assert kinds(handled) == ["PolicyVerdictEvent"]
    assert node.state.event_window.suppressed == 0


@both_families
def test_a_limit_of_zero_is_none(net: Network) -> None:
    node = Node(switches(per_second=0))
    assert sum(drop_at(node, net) for _ in range(300)) == 300


@both_families
def test_a_verdict_is_reported_for_what_enters_too(net: Network) -> None:
    node = Node()
    (event,) = node.receive(connection(net, net.peer, 50000, 8080).back("S")).policy_events
    assert isinstance(event, PolicyVerdictEvent)
    assert event.hook is Hook.TO_CONTAINER
    assert event.packet == Tuple(parse_address(net.peer), parse_address(net.pod), 50000, 8080, TCP)
