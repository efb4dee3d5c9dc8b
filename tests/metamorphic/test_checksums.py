"""A checksum that was right stays right, one that was wrong stays wrong (PKT-8, NAT-2c)."""

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
from tests.metamorphic.sums import right_sums
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    IPV6,
    Connection,
    End,
    Network,
    with_bytes,
)
from tests.model.errors import error
from tests.model.traffic import LOOPBACK, ROUTER, SERVER_PORT

PLACE = {TCP: 16, UDP: 6}
QUOTE = 8
CLIENT_PORT = 40000


@dataclass(frozen=True)
class Exchange:
    """A question, its answer, an error about either, and what to add to one of the checksums.

    `quoted` bytes of L4 are in the errors' quotes. `wrong` counts checksums from the outside in;
    beyond the last, all are right.
    """

    net: Network
    kind: int
    itself: bool
    question: bytes
    answer: bytes
    quoted: int
    wrong: int
    by: int

    @property
    def header_length(self) -> int:
        """Of an IP header."""
        return self.net.transport - ETHERNET_LENGTH

    def places_of_packet(self, begin: int) -> list[int]:
        """Where the checksums of a packet of the flow are that begins at an offset."""
        header = [begin + 10] if self.net.family is Family.IPV4 else []
        return [*header, begin + self.header_length + PLACE[self.kind]]

    def places_of_error(self) -> list[int]:
        """Where those of an error about the flow are."""
        transport = self.net.transport
        header = [ETHERNET_LENGTH + 10] if self.net.family is Family.IPV4 else []
        return [*header, transport + 2, *self.places_of_packet(transport + QUOTE)]

    def damaged(self, frame: bytes, places: list[int]) -> bytes:
        """The frame with one checksum wrong, if it is there."""
        if self.wrong >= len(places) or places[self.wrong] + 2 > len(frame):
            return frame
        place = places[self.wrong]
        value = int.from_bytes(frame[place : place + 2], "big")
        changed = (value + self.by) % 0xFFFF or 0xFFFF
        return with_bytes(frame, place, changed.to_bytes(2, "big"))


exchanges = st.builds(
    Exchange,
    net=st.sampled_from([IPV4, IPV6]),
    kind=st.sampled_from([TCP, UDP]),
    itself=st.booleans(),
    question=st.binary(max_size=40),
    answer=st.binary(max_size=40),
    quoted=st.sampled_from([8, 17, 20, 500]),
    wrong=st.integers(0, 5),
    by=st.integers(1, 0xFFFE),
)


def connection(exchange: Exchange) -> Connection:
    """As the client sees it."""
    net = exchange.net
    address = net.other_service if exchange.itself else net.service
    return Connection(End(net.pod, CLIENT_PORT), End(address, 80), exchange.kind)


def answering(exchange: Exchange) -> Connection:
    """As the server sees it, its own end first."""
    net = exchange.net
    client = LOOPBACK[net.family] if exchange.itself else net.pod
    server = net.pod if exchange.itself else net.backends[0]
    return Connection(End(server, SERVER_PORT), End(client, CLIENT_PORT), exchange.kind)


def packets(exchange: Exchange) -> list[tuple[bool, bytes]]:
    """What leaves the pod, or enters it: question, answer, and errors about both."""
    net, client, server = exchange.net, connection(exchange), answering(exchange)
    question, answer = client.out("S", exchange.question), server.out("SA", exchange.answer)
    length = exchange.header_length + exchange.quoted
    received = client.back("SA", exchange.answer)
    about_answer = error(net, net.pod, client.far.address, received, length=length)
    received = server.back("S", exchange.question)
    source = net.pod if exchange.itself else ROUTER[net.family]
    about_question = error(net, source, server.far.address, received, length=length)
    in_packet, in_error = exchange.places_of_packet(ETHERNET_LENGTH), exchange.places_of_error()
    return [
        (True, exchange.damaged(question, in_packet)),
        (exchange.itself, exchange.damaged(answer, in_packet)),
        (True, exchange.damaged(about_answer, in_error)),
        (exchange.itself, exchange.damaged(about_question, in_error)),
    ]


def sums_stay(subject: KernelSubject, exchange: Exchange) -> None:
    pod = Pod(subject, exchange.net)
    for leaves, frame in packets(exchange):
        seen = pod.send(frame) if leaves else pod.receive(frame)
        assert seen.passed
        assert seen.data != frame
        assert right_sums(seen.data) == right_sums(frame)


@pytest.mark.clause(hits=["PKT-8", "PKT-8a", "NAT-2c"])
def test_checksums_stay_as_right_as_they_were(shipped: KernelSubject) -> None:
    holds(lambda exchange: sums_stay(shipped, exchange), exchanges)


def test_a_fault_in_a_checksum_is_seen(planted: Plant) -> None:
    fault = Fault(
        "error_rewrite.h",
        "updated = checksum_update(*checksum, change);",
        "updated = *checksum;",
        "the quoted checksum is not updated, and ICMP's makes up for it",
    )
    faulty = planted(fault)
    is_refuted(lambda exchange: sums_stay(faulty, exchange), exchanges)
