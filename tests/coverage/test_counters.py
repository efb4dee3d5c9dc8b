"""A packet moves the counters of the branches that it takes, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as ScapyPacket

from harness.coverage.branch import Branch
from harness.coverage.build import CoverageBuild
from harness.coverage.counters import (
    BranchCounters,
    CountedSubject,
    counts_by_function,
    open_counted,
)
from harness.coverage.datapath import datapath_coverage
from harness.coverage.replay import ROOT
from harness.datapath.bench import Bench
from harness.kernel.errors import ObjectError
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.limits import Limits
from model.domain.operation import PutEndpoint
from model.domain.packet import DEFAULT_CONTEXT, Outcome, Packet

INTERFACE = 10
POD_IPV4, POD_IPV6 = bytes([10, 0, 1, 5]), bytes.fromhex("fd000001000000000000000000000005")
POD = Endpoint(1, "pod", INTERFACE, 100, POD_IPV4, POD_IPV6)
ETHERNET = Ether(src="02:00:00:00:00:0a", dst="02:ff:00:00:00:01")
ARP_REQUEST = ETHERNET / ARP()
SYN = ETHERNET / IP(src="10.0.1.5", dst="203.0.113.7") / TCP(sport=40000, dport=80, flags="S")
DATAGRAM = ETHERNET / IPv6(src="fd00:1::5", dst="2001:db8::7") / UDP(sport=40000, dport=53)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as opened:
        yield opened


@pytest.fixture(scope="module")
def loaded(bench: Bench) -> CountedSubject:
    return open_counted(bench)


@pytest.fixture
def counted(loaded: CountedSubject) -> CountedSubject:
    """With one pod, and all counters at 0."""
    loaded.subject.reset()
    loaded.subject.apply([PutEndpoint(POD)])
    for counters in loaded.all_counters:
        counters.clear()
    return loaded


def send(counted: CountedSubject, packet: ScapyPacket, hook: Hook = Hook.FROM_CONTAINER) -> None:
    outcome = counted.subject.process(Packet(hook, INTERFACE, bytes(packet), DEFAULT_CONTEXT))
    assert isinstance(outcome, Outcome)


def functions(counted: CountedSubject) -> set[str]:
    """Functions whose body was entered, without the file in their names."""
    build = counted.counters.build
    counts = counts_by_function(counted.counters.values, build)
    return {one.name.rpartition(":")[2] for one in build.functions if counts[one.symbol][0] > 0}


def branches(counted: CountedSubject) -> dict[tuple[str, str, str], Branch]:
    """Branches by function, text and outcome."""
    side = datapath_coverage(counted.counters.build, counted.counters.values, ROOT)
    return {(one.function, one.text, one.outcome): one for one in side.branches}


def test_a_packet_that_is_not_tracked_goes_nowhere_near_the_rest(counted: CountedSubject) -> None:
    send(counted, ARP_REQUEST)
    found = functions(counted)
    assert {"from_container", "handle", "finish", "report", "counter_add"} <= found
    assert not found & {"to_container", "handle_ip", "parse", "record_create", "policy_apply"}


def test_each_family_and_protocol_counts_where_it_went(counted: CountedSubject) -> None:
    send(counted, SYN)
    of_syn = functions(counted)
    counted.counters.clear()
    send(counted, DATAGRAM, Hook.FROM_CONTAINER)
    of_datagram = functions(counted)
    assert {"parse_ipv4", "parse_tcp"} <= of_syn
    assert not of_syn & {"parse_ipv6", "parse_ports"}
    assert {"parse_ipv6", "parse_ports"} <= of_datagram
    assert not of_datagram & {"parse_ipv4", "parse_tcp"}
    assert {"flow_create", "policy_judge", "load_balance"} <= of_syn & of_datagram


def test_both_ways_of_a_decision_are_told_apart(counted: CountedSubject) -> None:
    ipv6 = ("handle_frame", "type == network16(ETHERNET_IPV6)")
    ipv4 = ("handle_frame", "type == network16(ETHERNET_IPV4)")
    send(counted, DATAGRAM)
    found = branches(counted)
    assert (found[*ipv4, "true"].reached, found[*ipv4, "false"].reached) == (False, True)
    assert (found[*ipv6, "true"].reached, found[*ipv6, "false"].reached) == (True, False)
    send(counted, SYN)
    assert branches(counted)[*ipv4, "true"].reached


def test_counts_add_up_until_they_are_cleared(counted: CountedSubject) -> None:
    send(counted, SYN)
    once = counted.counters.values.copy()
    counted.counters.clear()
    assert not counted.counters.values.any()
    send(counted, ARP_REQUEST)
    arp = counted.counters.values.copy()
    send(counted, ARP_REQUEST)
    assert np.array_equal(counted.counters.values, 2 * arp)
    assert not np.array_equal(once, arp)


def test_only_packets_count(counted: CountedSubject) -> None:
    counted.subject.collect()
    counted.subject.state()
    counted.subject.reset()
    assert not counted.counters.values.any()


def test_the_same_datapath_with_other_tables_counts_too(counted: CountedSubject) -> None:
    sibling = counted.subject.resized(Limits(conntrack=4))
    sibling.apply([PutEndpoint(POD)])
    for counters in counted.all_counters:
        counters.clear()
    sibling.process(Packet(Hook.FROM_CONTAINER, INTERFACE, bytes(SYN), DEFAULT_CONTEXT))
    assert not counted.counters.values.any()
    assert counted.total().any()


def test_an_object_without_counters_is_told(bench: Bench, built: CoverageBuild) -> None:
    with pytest.raises(ObjectError) as caught:
        BranchCounters(bench.open().loaded, built)
    assert str(caught.value) == f"{built.object}: has no counters; build it again"


def test_the_verifier_has_room_left(counted: CountedSubject) -> None:
    for program in counted.subject.loaded.statistics().values():
        assert program.processed_instructions < 700_000
