"""What holds for any traffic: promises that no single example can show (CT-10, CT-4, PKT-9)."""

from __future__ import annotations

from dataclasses import asdict, replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from model.domain.address import Family, parse_address
from model.domain.flow import Entry, Flow, FlowKey
from model.domain.packet import Context, Verdict
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.state import State
from tests.model.builder import (
    IPV4,
    IPV6,
    Network,
    both_families,
    with_bytes,
)
from tests.model.node import (
    Node,
)
from tests.model.traffic import Action, Driver, Speak, far_end, speaks, traffic

some = settings(derandomize=True, max_examples=30, deadline=None)
more = settings(derandomize=True, max_examples=80, deadline=None)
COUNTS = ("opener_packets", "opener_bytes", "reply_packets", "reply_bytes", "expires")


def tables(state: State) -> tuple[object, ...]:
    return state.conntrack, state.affinities, state.datagrams


@both_families
@some
@given(script=traffic)
def test_a_dropped_packet_changes_nothing_but_counters_and_events(
    net: Network, script: list[Action]
) -> None:
    """CT-10. A flow that policy revokes goes, and nothing else does (POL-5)."""
    driver = Driver(net)
    for action in script:
        before = driver.node.state
        handled = driver.act(action)
        if handled is None or handled.verdict is not Verdict.DROP:
            continue
        after = driver.node.state
        if handled.reason is Reason.POLICY_REVOKED:
            gone = before.conntrack.keys() - after.conntrack.keys()
            assert len(gone) == 1
            before.conntrack.pop(gone.pop())
        assert tables(after) == tables(before)
        assert isinstance(action, Speak)
        assert handled.data == action.data(net)
        assert handled.context == Context()


@both_families
@some
@given(script=traffic)
def test_a_packet_that_is_not_carried_out_changes_nothing(
    net: Network, script: list[Action]
) -> None:
    driver = Driver(net)
    for action in script:
        if isinstance(action, Speak):
            before = driver.node.state
            first = driver.act(action, commit=False)
            assert driver.node.state == before
            assert driver.act(action, commit=False) == first
            assert driver.act(action) == first
        else:
            driver.act(action)


@both_families
@some
@given(script=traffic)
def test_a_packet_changes_few_entries_and_counts_once(net: Network, script: list[Action]) -> None:
    """At most an old flow, a new flow and a selection; one counter by one packet (OBS-1, CT-11)."""
    driver = Driver(net)
    for action in script:
        before = driver.node.state
        handled = driver.act(action)
        if handled is None:
            continue
        after = driver.node.state
        changed = {
            key
            for key in before.conntrack.keys() | after.conntrack.keys()
            if before.conntrack.get(key) != after.conntrack.get(key)
        }
        assert len(changed) <= 3
        counted = sum(counter.packets for counter in after.counters.values())
        assert counted == sum(counter.packets for counter in before.counters.values()) + 1


@both_families
@some
@given(script=traffic, syn=speaks)
def test_a_repeated_syn_changes_nothing_but_counts_and_expiry(
    net: Network, script: list[Action], syn: Speak
) -> None:
    driver = Driver(net)
    list(driver.run(script))
    syn = replace(syn, kind=TCP, flags="S", part="whole")
    first = driver.act(syn)
    before = driver.node.table
    second = driver.act(syn)
    assert first is not None
    assert second is not None
    assert second.data == first.data
    assert second.verdict is first.verdict
    assert without_counts(driver.node.table) == without_counts(before)


def without_counts(table: dict[FlowKey, Entry]) -> dict[FlowKey, dict[str, Any]]:
    """Entries without what any packet changes."""
    return {
        key: {name: value for name, value in asdict(entry).items() if name not in COUNTS}
        for key, entry in table.items()
    }


UNREAD = {
    Family.IPV4: [(-20 + 1, 1), (-20 + 4, 2), (-20 + 8, 1), (-20 + 10, 2)],
    Family.IPV6: [(-40 + 1, 3), (-40 + 7, 1)],
}
"""Offset from the L4 header and length: DSCP, id, TTL, checksum; flow label, hop limit."""

UNREAD_TCP = [(4, 8), (14, 6)]
"""Sequence and acknowledgement numbers; window, checksum and urgent pointer."""


def scrambled(net: Network, data: bytes, kind: int, random: Random) -> bytes:
    """A packet with other values wherever no clause looks. Its length stays."""
    places = [(net.transport + offset, length) for offset, length in UNREAD[net.family]]
    places += [(0, 12)]
    if kind == TCP:
        places += [(net.transport + offset, length) for offset, length in UNREAD_TCP]
        flags = data[net.transport + 13] ^ random.choice([0, 0x08, 0x40, 0x80, 0xC8])
        data = with_bytes(data, net.transport + 13, bytes([flags]))
    elif kind == UDP:
        places += [(net.transport + 4, 4)]
    else:
        places += [(net.transport + 2, 2), (net.transport + 6, len(data) - net.transport - 6)]
    for offset, length in places:
        data = with_bytes(data, offset, random.randbytes(length))
    return data


@both_families
@some
@given(script=traffic, seed=st.integers(0, 2**32))
def test_bytes_that_no_clause_reads_never_matter(
    net: Network, script: list[Action], seed: int
) -> None:
    """TTL, DSCP, ids, sequence numbers, checksums, Ethernet addresses, payload (PKT-9)."""
    random = Random(seed)  # noqa: S311 - drawn by Hypothesis
    plain, odd = Driver(net), Driver(net)
    for action in script:
        if isinstance(action, Speak) and action.part == "whole":
            data = scrambled(net, action.data(net), action.kind, random)
            other = (odd.node.send if action.leaves else odd.node.receive)(data)
            handled = plain.act(action)
            assert handled is not None
            odd.left_last = plain.left_last
            assert (other.reason, other.verdict) == (handled.reason, handled.verdict)
        else:
            plain.act(action)
            odd.act(action)
        assert odd.node.state == plain.node.state


def by_role(net: Network) -> dict[bytes, str]:
    """Addresses of a family by what they are."""
    roles = {parse_address(net.pod): "pod", parse_address(net.node): "node", b"": ""}
    for role in ("peer", "service", "backend", "other backend", "itself", "loopback"):
        roles[parse_address(far_end(net, role).address)] = role
    return roles


def said_by_role(net: Network, table: dict[FlowKey, Entry]) -> list[tuple[object, ...]]:
    """A table without addresses, and with lengths that leave IP headers out."""
    roles, header = by_role(net), net.transport
    kinds = {net.echo_request << 8: "request", net.echo_reply << 8: "reply"}
    said: list[tuple[object, ...]] = []
    for key, entry in table.items():
        values = asdict(entry)
        if isinstance(entry, Flow):
            values["service_address"] = roles[entry.service_address]
            values["opener_bytes"] -= header * entry.opener_packets
            values["reply_bytes"] -= header * entry.reply_packets
        is_icmp = key.protocol == net.icmp
        far = kinds.get(key.peer_port, "other") if is_icmp else key.peer_port
        said.append(
            (
                roles[key.endpoint_address],
                roles[key.peer_address],
                key.endpoint_port,
                far,
                "icmp" if is_icmp else key.protocol,
                key.opener,
                tuple(values.items()),
            )
        )
    return said


@more
@given(script=traffic)
def test_both_families_are_treated_alike(script: list[Action]) -> None:
    """Fragments apart, whose headers have another length in IPv6, and what depends on types."""
    whole = [replace(a, part="whole") if isinstance(a, Speak) else a for a in script]
    one, other = Driver(IPV4), Driver(IPV6)
    for action in whole:
        first, second = one.act(action), other.act(action)
        if first is not None and second is not None:
            assert first.reason is second.reason
            assert first.verdict is second.verdict
            assert first.clauses == second.clauses
            assert [type(event) for event in first.events] == [
                type(event) for event in second.events
            ]
    assert said_by_role(IPV4, one.node.table) == said_by_role(IPV6, other.node.table)


@both_families
@some
@given(script=traffic)
def test_the_collector_removes_exactly_what_is_expired(net: Network, script: list[Action]) -> None:
    """A selection is live while it leads to a live flow of its frontend (CT-4, CT-4a)."""
    driver = Driver(net)
    list(driver.run(script))
    node = driver.node
    before = node.table
    live = {key: flow for key, flow in node.flows.items() if flow.expires > node.now}
    staying = set(live)
    services = {entry.service: entry for entry in node.selections.values()}
    assert services.keys() <= {1, 2}
    for key in node.selections:
        frontends = {
            (flow.service_address, flow.service_port)
            for flow_key, flow in live.items()
            if flow_key.protocol == key.protocol and is_of(flow_key, key)
        }
        if (key.peer_address, key.peer_port) in frontends and backend_is_there(net, node, key):
            staying.add(key)
    node.model.collect()
    assert node.table == {key: entry for key, entry in before.items() if key in staying}


def is_of(flow: FlowKey, selection: FlowKey) -> bool:
    """Whether a flow has the client's port of a selection, straight or as a hairpin."""
    return selection.endpoint_port in (flow.endpoint_port, flow.peer_port)


def backend_is_there(net: Network, node: Node, key: FlowKey) -> bool:
    """Whether a selection's backend is one of its service still, and its flow is that one's."""
    chosen = node.selections[key].backend
    if chosen == 9:
        return True
    end = far_end(net, "backend" if chosen == 1 else "other backend")
    target = key._replace(peer_address=parse_address(end.address), peer_port=end.port)
    flow = node.flows.get(target)
    known = chosen in node.model._machine.world.backends
    return known and flow is not None and flow.expires > node.now


@both_families
@some
@given(script=traffic)
def test_two_open_flows_never_share_a_tuple(net: Network, script: list[Action]) -> None:
    """CT-1b: whatever happens, of two flows that look alike one is closing or expired."""
    driver = Driver(net)
    for action in script:
        driver.act(action)
        now, flows = driver.node.now, driver.node.flows
        open_tcp = [
            key[:5]
            for key, flow in flows.items()
            if key.protocol == TCP
            and flow.expires > now
            and not (flow.opener_closing or flow.reply_closing)
        ]
        assert len(open_tcp) == len(set(open_tcp))


def test_the_drawn_traffic_reaches_what_it_should() -> None:
    """The properties above would be hollow if their traffic met no more than new flows."""
    met: set[Reason] = set()

    @settings(derandomize=True, max_examples=150, deadline=None)
    @given(script=traffic)
    def collect(script: list[Action]) -> None:
        met.update(h.reason for h in Driver(IPV4).run(script) if h is not None)

    collect()
    wanted = {
        Reason.NEW,
        Reason.ESTABLISHED,
        Reason.REPLY,
        Reason.RELATED,
        Reason.INVALID_TCP_FLAGS,
        Reason.MID_STREAM,
        Reason.NO_SERVICE,
        Reason.NO_BACKEND,
        Reason.POLICY_DENIED,
        Reason.FRAGMENT_NOT_FOUND,
    }
    assert wanted <= met
