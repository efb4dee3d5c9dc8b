"""Traces (OBS-3): what a packet was, what became of it, and which clauses it met."""

from __future__ import annotations

from collections.abc import Sequence

from model.domain.event import Event, Hook, TraceEvent
from model.domain.operation import Operation
from model.domain.packet import Verdict
from model.domain.reason import Reason
from tests.model.builder import End, Network, both_families, connection
from tests.model.node import POD_INTERFACE, START, Node, backend, frontend, service, switches


def traced(*operations: Operation) -> Node:
    return Node(switches(traces=True, per_second=1), *operations)


def trace_of(events: Sequence[Event]) -> TraceEvent:
    last = events[-1]
    assert isinstance(last, TraceEvent)
    return last


@both_families
def test_a_trace_tells_a_packet_from_begin_to_end(net: Network) -> None:
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    node, client = traced(put), connection(net, net.service)
    sent = client.out("S")
    handled = node.send(sent)
    trace = trace_of(handled.events)
    assert (trace.time, trace.hook, trace.interface) == (START, Hook.FROM_CONTAINER, POD_INTERFACE)
    assert (trace.verdict, trace.reason) == (Verdict.PASS, Reason.NEW)
    assert trace.before == sent.ljust(128, b"\0")
    assert trace.after == handled.data.ljust(128, b"\0")
    assert (trace.length_before, trace.length_after) == (len(sent), len(handled.data))
    assert trace.clauses == {"LB-3", "LB-10", "POL-2"}


@both_families
def test_traces_are_outside_the_rate_limit_and_come_last(net: Network) -> None:
    node, client = traced(), connection(net, net.backends[0])
    for _ in range(3):
        assert isinstance(node.send(client.out("S")).events[-1], TraceEvent)


@both_families
def test_a_long_frame_is_cut_in_its_trace(net: Network) -> None:
    node = traced()
    sent = connection(net, net.backends[0]).out("PA", b"x" * 500)
    trace = trace_of(node.send(sent).events)
    assert (trace.before, trace.length_before) == (sent[:128], len(sent))


@both_families
def test_clauses_follow_the_way_of_a_connection(net: Network) -> None:
    node, client = traced(), connection(net, net.backends[0])
    met = [trace_of(node.step(client, step).events).clauses for step in (">S", "<SA", ">A", ">A")]
    assert met == [{"POL-2"}, set(), {"CT-5"}, set()]


@both_families
def test_no_trace_unless_switched_on(net: Network) -> None:
    handled = Node().send(connection(net, net.backends[0]).out("S"))
    assert not any(isinstance(event, TraceEvent) for event in handled.events)
