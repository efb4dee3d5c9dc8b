"""Frames that are changed in place are those that would have been built."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.fuzz.traffic.frame import answer, tcp_flags, with_tcp_flags, without_udp_checksum
from model.domain.address import Address, parse_address
from model.domain.event import Hook
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP

ENDS = {
    4: (parse_address("10.0.1.5"), parse_address("203.0.113.7")),
    6: (parse_address("fd00:1::5"), parse_address("2001:db8::7")),
}
ECHO = {4: (ICMP, 8, 0), 6: (ICMPV6, 128, 129)}


def built(headers: Headers, hook: Hook = Hook.FROM_CONTAINER) -> bytes:
    """The frame of headers at interface 10."""
    return build_frame(headers, hook, 10)


@pytest.mark.parametrize("family", [4, 6])
def test_other_flags_make_the_frame_that_would_be_built_with_them(family: int) -> None:
    random = Random(1)  # noqa: S311 - to be repeated
    source, destination = ENDS[family]
    for _ in range(500):
        before, after = random.randrange(256), random.randrange(256)
        headers = Headers(
            source, destination, TCP, random.randrange(65536), 80, tcp_flags=before, payload=5
        )
        changed = with_tcp_flags(built(headers), after)
        assert changed == built(replace(headers, tcp_flags=after))
        assert tcp_flags(changed) == after


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_an_answer_has_both_ends_swapped(family: int, protocol: int) -> None:
    source, destination = ENDS[family]
    there = Headers(source, destination, protocol, 40000, 80)
    back = Headers(destination, source, protocol, 80, 40000)
    assert answer(built(there)) == built(back, Hook.TO_CONTAINER)


@pytest.mark.parametrize("family", [4, 6])
def test_an_echo_request_is_answered_by_its_reply(family: int) -> None:
    source, destination = ENDS[family]
    protocol, request, reply = ECHO[family]
    there = Headers(source, destination, protocol, icmp_type=request, identifier=7)
    back = Headers(destination, source, protocol, icmp_type=reply, identifier=7)
    assert answer(built(there)) == built(back, Hook.TO_CONTAINER)


def nowhere() -> list[bytes]:
    """Frames that nobody answers so."""
    source, destination = ENDS[4]
    error = Headers(source, destination, ICMP, icmp_type=3)
    other = Headers(source, destination, 47, payload=16)
    options = built(error)[:14] + b"\x47" + built(error)[15:]
    return [bytes(14), bytes(60), built(error), built(other), built(error)[:20], options]


@pytest.mark.parametrize("frame", nowhere())
def test_what_has_no_answer_is_told(frame: bytes) -> None:
    assert answer(frame) is None
    assert with_tcp_flags(frame, 2) == frame
    assert tcp_flags(frame) == 0


@pytest.mark.parametrize("family", [4, 6])
def test_a_datagram_without_a_checksum_stays_without_one_in_its_answer(family: int) -> None:
    source, destination = ENDS[family]
    there = built(Headers(source, destination, UDP, 40000, 80, payload=7))
    bare = without_udp_checksum(there)
    place = len(there) - 7 - 2
    assert there[place : place + 2] != bytes(2)
    assert bare == there[:place] + bytes(2) + there[place + 2 :]
    back = answer(bare)
    assert back is not None
    assert back[place : place + 2] == bytes(2)


def test_only_udp_goes_without_a_checksum() -> None:
    source, destination = ENDS[4]
    for protocol in (TCP, SCTP):
        frame = built(Headers(source, destination, protocol, 40000, 80))
        assert without_udp_checksum(frame) == frame
    assert without_udp_checksum(bytes(60)) == bytes(60)


def test_the_checksum_of_sctp_is_left_alone() -> None:
    ends: tuple[Address, Address] = ENDS[4]
    there = built(Headers(*ends, SCTP, 1, 2))
    back = answer(there)
    assert back is not None
    assert back[42:46] == there[42:46]
