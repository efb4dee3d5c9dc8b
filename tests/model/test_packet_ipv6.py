"""IPv6 headers and extension headers (PKT-2, PKT-3, PKT-3a; RFC 8200, RFC 4302)."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest

from model.domain.protocol import TCP
from model.domain.reason import Reason
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV6,
    connection,
    frame,
    with_bytes,
    with_ip_payload,
)
from tests.model.node import Node, flow_key

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
NO_NEXT_HEADER = 59
CONNECTION = connection(IPV6, IPV6.peer)
SYN = CONNECTION.out("S")
SEGMENT = SYN[IPV6.transport :]
DEFAULT_UNITS = {HOP_BY_HOP: 0, ROUTING: 2, FRAGMENT: 0, AUTHENTICATION: 4, DESTINATION: 1}


def length_of(kind: int, units: int) -> int:
    """Length of an extension header as the RFCs give it."""
    if kind == FRAGMENT:
        return 8
    if kind == AUTHENTICATION:
        return (units + 2) * 4
    return (units + 1) * 8


def extension(kind: int, following: int, units: int) -> bytes:
    """An extension header; for a fragment header the second byte is reserved."""
    if kind == FRAGMENT:
        return bytes([following, units, 0, 0, 0, 0, 0, 9])
    return bytes([following, units]) + b"\xee" * (length_of(kind, units) - 2)


def chain(kinds: tuple[int, ...], last: int = TCP, payload: bytes = SEGMENT) -> bytes:
    """A packet whose payload stands behind extension headers."""
    numbers = (*kinds, last)
    headers = b"".join(
        extension(kind, following, DEFAULT_UNITS[kind]) for kind, following in pairwise(numbers)
    )
    return frame(IPV6.pod, IPV6.peer, headers + payload, numbers[0])


def reason_of(data: bytes) -> Reason:
    return Node().send(data).reason


def assert_is_the_connection(data: bytes) -> None:
    node = Node()
    assert node.send(data).reason is Reason.NEW
    assert list(node.flows) == [flow_key(CONNECTION)]


@pytest.mark.parametrize("length", range(ETHERNET_LENGTH, ETHERNET_LENGTH + 40))
def test_a_frame_too_short_for_an_ipv6_header_is_dropped(length: int) -> None:
    assert reason_of(SYN[:length]) is Reason.INVALID_HEADER


@pytest.mark.parametrize("version", [v for v in range(16) if v != 6])
def test_a_wrong_version_is_dropped(version: int) -> None:
    assert reason_of(with_bytes(SYN, ETHERNET_LENGTH, bytes([version << 4]))) is (
        Reason.INVALID_HEADER
    )


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (0, Reason.INVALID_L4_HEADER),
        (19, Reason.INVALID_L4_HEADER),
        (20, Reason.NEW),
        (21, Reason.INVALID_HEADER),
        (65535, Reason.INVALID_HEADER),
    ],
)
def test_payload_length_lies_within_the_frame(payload: int, reason: Reason) -> None:
    assert reason_of(with_ip_payload(IPV6, SYN, payload)) is reason


def test_bytes_behind_the_payload_length_are_carried_along() -> None:
    handled = Node().send(SYN + b"padding")
    assert (handled.reason, handled.data) == (Reason.NEW, SYN + b"padding")


@pytest.mark.parametrize("units", [0, 1, 2, 7, 31])
@pytest.mark.parametrize("kind", DEFAULT_UNITS)
def test_every_extension_header_is_as_long_as_its_rfc_says(kind: int, units: int) -> None:
    data = frame(IPV6.pod, IPV6.peer, extension(kind, TCP, units) + SEGMENT, kind)
    assert_is_the_connection(data)


def test_the_longest_extension_header_is_2048_bytes() -> None:
    data = frame(IPV6.pod, IPV6.peer, extension(DESTINATION, TCP, 255) + SEGMENT, DESTINATION)
    assert_is_the_connection(data)


@pytest.mark.parametrize("kinds", list(permutations(DEFAULT_UNITS)), ids=str)
def test_extension_headers_are_walked_in_whatever_order_they_come(kinds: tuple[int, ...]) -> None:
    assert_is_the_connection(chain(kinds))


@pytest.mark.parametrize("kind", [HOP_BY_HOP, ROUTING, AUTHENTICATION, DESTINATION])
@pytest.mark.parametrize("count", range(9))
def test_six_extension_headers_are_walked_and_a_seventh_is_dropped(kind: int, count: int) -> None:
    reason = reason_of(chain((kind,) * count))
    assert reason is (Reason.NEW if count <= 6 else Reason.INVALID_EXTENSION_HEADER)


def test_a_seventh_header_may_be_the_l4_header_but_not_an_extension_header() -> None:
    assert_is_the_connection(chain((DESTINATION,) * 6))
    assert reason_of(chain((DESTINATION,) * 6, last=FRAGMENT)) is Reason.INVALID_EXTENSION_HEADER


@pytest.mark.parametrize("kind", DEFAULT_UNITS)
def test_an_extension_header_has_to_fit_in_the_ip_length(kind: int) -> None:
    """The frame is long enough every time; what counts is the IP length."""
    units = DEFAULT_UNITS[kind]
    length = length_of(kind, units)
    data = frame(IPV6.pod, IPV6.peer, extension(kind, NO_NEXT_HEADER, units) + SEGMENT, kind)
    for payload in range(length):
        assert reason_of(with_ip_payload(IPV6, data, payload)) is Reason.INVALID_EXTENSION_HEADER
    assert reason_of(with_ip_payload(IPV6, data, length)) is Reason.NEW


def test_a_second_extension_header_has_to_fit_as_well() -> None:
    data = chain((ROUTING, DESTINATION), last=NO_NEXT_HEADER, payload=b"")
    payload = len(data) - IPV6.transport
    assert reason_of(data) is Reason.NEW
    assert reason_of(with_ip_payload(IPV6, data, payload - 1)) is Reason.INVALID_EXTENSION_HEADER


def test_a_header_that_does_not_fit_is_worse_than_an_l4_header_that_does_not() -> None:
    data = chain((ROUTING,), payload=SEGMENT[:19])
    assert reason_of(data) is Reason.INVALID_L4_HEADER


@pytest.mark.parametrize("number", [NO_NEXT_HEADER, 50, 135, 139, 140, 253])
@pytest.mark.parametrize("kinds", [(), (HOP_BY_HOP,)], ids=["first", "behind-options"])
def test_other_next_headers_are_protocols_without_ports(
    number: int, kinds: tuple[int, ...]
) -> None:
    node = Node()
    assert node.send(chain(kinds, last=number, payload=b"")).reason is Reason.NEW
    (key,) = node.flows
    assert (key.protocol, key.endpoint_port, key.peer_port) == (number, 0, 0)


def test_a_fragment_header_with_an_offset_ends_the_walk() -> None:
    """What follows is the middle of something: it is no header that could be too long."""
    offset_8 = bytes([ROUTING, 0, 0, 8, 0, 0, 0, 9]) + b"\xff" * 8
    data = frame(IPV6.pod, IPV6.peer, offset_8, FRAGMENT)
    assert reason_of(data) is Reason.FRAGMENT_NOT_FOUND


def test_a_fragment_header_with_an_offset_may_be_the_sixth() -> None:
    later = bytes([DESTINATION, 0, 0, 8, 0, 0, 0, 9])
    kinds = (DESTINATION,) * 5
    data = chain(kinds, last=FRAGMENT, payload=later + b"\xff" * 8)
    assert reason_of(data) is Reason.FRAGMENT_NOT_FOUND
    data = chain((DESTINATION,) * 6, last=FRAGMENT, payload=later + b"\xff" * 8)
    assert reason_of(data) is Reason.INVALID_EXTENSION_HEADER
