"""A look-up is left out only where it cannot find anything."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP
from scapy.layers.inet6 import ICMPv6EchoRequest

from harness.bench.addresses import ADDRESSES
from harness.bench.topology import BACKEND_PORT, topology
from harness.bench.traffic import CLIENT_PORT, Traffic
from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from model.domain.address import Family
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import PutEntry
from model.domain.packet import Packet
from model.domain.protocol import TCP
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey

FOR_EVER = 1 << 62


def entry(family: Family, opener: Opener, endpoint_port: int, peer_port: int) -> PutEntry:
    ends = ADDRESSES[family].pod, ADDRESSES[family].remote()
    key = FlowKey(*ends, endpoint_port, peer_port, TCP, opener)
    return PutEntry(key, Flow(FOR_EVER, established=True, policy_revision=2))


def reason_of(subject: KernelSubject, packet: Packet) -> Reason:
    """The only reason whose counter a packet raises."""
    keys = [CounterKey(packet.hook, reason) for reason in Reason]
    before = [subject.read(key) for key in keys]
    subject.process(packet)
    after = [subject.read(key) for key in keys]
    (found,) = [key.reason for key, a, b in zip(keys, before, after, strict=True) if a != b]
    assert all(isinstance(one, Counter) for one in after)
    return found


@pytest.mark.parametrize("family", list(Family))
def test_entries_that_are_put_are_found_from_either_end(family: Family) -> None:
    traffic = Traffic(ADDRESSES[family])
    with Bench() as bench:
        subject = bench.open()
        subject.apply(topology())
        subject.set_clock(1_000_000_000)
        leaving, entering = traffic.direct("A"), traffic.visit("A")
        # The peer opened what looks like a client's connection, and the pod what looks like a
        # server's: the other end is asked for first.
        subject.apply((entry(family, Opener.PEER, CLIENT_PORT, BACKEND_PORT),))
        assert reason_of(subject, leaving) is Reason.REPLY
        subject.apply((entry(family, Opener.ENDPOINT, BACKEND_PORT, CLIENT_PORT),))
        assert reason_of(subject, entering) is Reason.REPLY


@pytest.mark.parametrize("family", list(Family))
def test_marks_are_what_the_second_look_up_goes_by(family: Family) -> None:
    traffic = Traffic(ADDRESSES[family])
    with Bench() as bench:
        subject = bench.open()
        subject.apply(topology())
        subject.set_clock(1_000_000_000)
        subject.apply((entry(family, Opener.PEER, CLIENT_PORT, BACKEND_PORT),))
        subject.loaded.maps["server_ports"].clear()
        assert reason_of(subject, traffic.direct("A")) is Reason.NEW


@pytest.mark.parametrize("family", list(Family))
def test_a_flow_that_packets_made_marks_its_port(family: Family) -> None:
    traffic = Traffic(ADDRESSES[family])
    with Bench() as bench:
        subject = bench.open()
        subject.apply(topology())
        marks = subject.loaded.maps["server_ports"].memory()
        assert not any(marks)
        subject.process(traffic.direct("S"))
        half = len(marks) // 2
        assert [n for n, mark in enumerate(marks) if mark] == [BACKEND_PORT]
        subject.process(traffic.visit("S"))
        assert [n for n, mark in enumerate(marks) if mark] == [BACKEND_PORT, half + 8080]
        del marks


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("mark", [0, 2])
def test_an_entry_without_its_mark_is_damage(family: Family, mark: int) -> None:
    """Packets would take a flow that is there for a new one."""
    traffic = Traffic(ADDRESSES[family])
    with Bench() as bench:
        subject = bench.open()
        subject.apply(topology())
        subject.process(traffic.direct("S"))
        assert subject.damage() == []
        marks = subject.loaded.maps["server_ports"].memory()
        marks[BACKEND_PORT] = mark
        del marks
        subject.state()
        (line,) = subject.damage()
        place = f"server_ports[opener=ENDPOINT port={BACKEND_PORT}]"
        assert line.startswith(f"{place} is {mark} instead of 1")


ECHOES = {
    Family.IPV4: ICMP(type=8, id=7),
    Family.IPV6: ICMPv6EchoRequest(id=7),
}


@pytest.mark.parametrize("family", list(Family))
def test_pings_mark_nothing(family: Family) -> None:
    """Each has an identifier of its own: all ports would have marks in the end, for nothing."""
    traffic, far = Traffic(ADDRESSES[family]), ADDRESSES[family].remote()
    with Bench() as bench:
        subject = bench.open()
        subject.apply(topology())
        subject.process(traffic.leave(far, ECHOES[family]))
        subject.process(traffic.enter(far, ECHOES[family]))
        assert len(subject.state().conntrack) == 2
        assert not any(subject.loaded.maps["server_ports"].memory())
