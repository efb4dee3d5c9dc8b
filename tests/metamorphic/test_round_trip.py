"""There and back: bounced by the backend, a service's packet comes back as sent (NAT-1, NAT-2)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from model.domain.address import Family
from model.domain.protocol import TCP, UDP
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import Pod
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    IPV6,
    Connection,
    End,
    Network,
    with_bytes,
)
from tests.model.errors import error, has_right_sums, quote_of
from tests.model.traffic import ROUTER

SOURCE_ADDRESS = {Family.IPV4: ETHERNET_LENGTH + 12, Family.IPV6: ETHERNET_LENGTH + 8}
ADDRESS_LENGTH = {Family.IPV4: 4, Family.IPV6: 16}
HOPS = {Family.IPV4: 22, Family.IPV6: 21}


@dataclass(frozen=True)
class Sent:
    """A packet to a service of a pod's."""

    net: Network
    itself: bool
    kind: int
    port: int
    flags: str
    payload: bytes
    hops: int

    @property
    def frame(self) -> bytes:
        service = self.net.other_service if self.itself else self.net.service
        connection = Connection(End(self.net.pod, self.port), End(service, 80), self.kind)
        whole = connection.out(self.flags, self.payload)
        if self.net.family is Family.IPV4:
            return whole
        return with_bytes(whole, HOPS[self.net.family], bytes([self.hops]))


packets = st.builds(
    Sent,
    net=st.sampled_from([IPV4, IPV6]),
    itself=st.just(False),
    kind=st.sampled_from([TCP, UDP]),
    port=st.integers(1024, 65535),
    flags=st.sampled_from(["S", "A", "PA", "FA"]),
    payload=st.binary(max_size=200),
    hops=st.integers(1, 255),
) | st.builds(
    Sent,
    net=st.sampled_from([IPV4, IPV6]),
    itself=st.just(True),
    kind=st.sampled_from([TCP, UDP]),
    port=st.integers(1024, 65535),
    flags=st.sampled_from(["S", "A"]),
    payload=st.binary(max_size=200),
    hops=st.just(64),
)


def bounced(net: Network, frame: bytes) -> bytes:
    """The frame as whoever gets it would send it back: addresses and ports change places.

    A sum over both ends stays what it was.
    """
    length = ADDRESS_LENGTH[net.family]
    begin, ports = SOURCE_ADDRESS[net.family], net.transport
    ends = [frame[begin : begin + length], frame[begin + length : begin + 2 * length]]
    result = with_bytes(frame, begin, ends[1] + ends[0])
    return with_bytes(result, ports, frame[ports + 2 : ports + 4] + frame[ports : ports + 2])


def packet_of(frame: bytes) -> bytes:
    """Without its Ethernet header, whose addresses a hairpin swaps (LB-11)."""
    return frame[ETHERNET_LENGTH:]


def round_trip(subject: KernelSubject, sent: Sent) -> None:
    pod = Pod(subject, sent.net)
    there = pod.send(sent.frame)
    assert there.passed
    assert packet_of(there.data) != packet_of(sent.frame)
    answer = bounced(sent.net, there.data)
    back = pod.send(answer) if sent.itself else pod.receive(answer)
    assert back.passed
    assert packet_of(back.data) == packet_of(bounced(sent.net, sent.frame))
    if not sent.itself:
        check_complaint(pod, sent, there.data)


def check_complaint(pod: Pod, sent: Sent, translated: bytes) -> None:
    """An error about the packet quotes it, in the end, just as it was sent."""
    complaint = error(sent.net, ROUTER[sent.net.family], sent.net.pod, translated)
    told = pod.receive(complaint)
    assert quote_of(sent.net, told.data) == packet_of(sent.frame)
    assert has_right_sums(sent.net, told.data)


@pytest.mark.clause(hits=["LB-10", "NAT-1"])
def test_there_and_back(shipped: KernelSubject) -> None:
    holds(lambda sent: round_trip(shipped, sent), packets)


def test_a_fault_on_the_way_back_is_seen(planted: Plant) -> None:
    fault = Fault(
        "error_rewrite.h",
        "\tport_set(ports, replacement);\n",
        "",
        "a quote keeps the backend's port, though the sums say otherwise",
    )
    faulty = planted(fault)
    is_refuted(lambda sent: round_trip(faulty, sent), packets)
