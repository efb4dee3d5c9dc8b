"""IPv4 headers (PKT-2, PKT-2a, PKT-3; RFC 791)."""

from __future__ import annotations

import pytest

from model.domain.protocol import UDP
from model.domain.reason import Reason
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    End,
    connection,
    ends,
    frame,
    with_bytes,
    with_length,
)
from tests.model.node import Node, flow_key

VERSION_AND_LENGTH = ETHERNET_LENGTH
CHECKSUM = ETHERNET_LENGTH + 10
CONNECTION = connection(IPV4, IPV4.peer)
SYN = CONNECTION.out("S")
DATAGRAM = connection(IPV4, IPV4.peer, kind=UDP)


def reason_of(data: bytes) -> Reason:
    return Node().send(data).reason


@pytest.mark.parametrize("length", range(ETHERNET_LENGTH, ETHERNET_LENGTH + 20))
def test_a_frame_too_short_for_an_ipv4_header_is_dropped(length: int) -> None:
    assert reason_of(SYN[:length]) is Reason.INVALID_HEADER


@pytest.mark.parametrize("version", [v for v in range(16) if v != 4])
def test_a_wrong_version_is_dropped(version: int) -> None:
    data = with_bytes(SYN, VERSION_AND_LENGTH, bytes([version << 4 | 5]))
    assert reason_of(data) is Reason.INVALID_HEADER


@pytest.mark.parametrize("words", range(5))
def test_a_header_length_below_20_is_dropped(words: int) -> None:
    data = with_bytes(SYN, VERSION_AND_LENGTH, bytes([0x40 | words]))
    assert reason_of(data) is Reason.INVALID_HEADER


@pytest.mark.parametrize("words", range(6, 16))
def test_a_header_length_has_to_fit_in_the_frame(words: int) -> None:
    """The frame holds 40 bytes of IP; a longer header does not fit, whatever the total length."""
    reason = reason_of(with_bytes(SYN, VERSION_AND_LENGTH, bytes([0x40 | words])))
    fits = words * 4 <= 40
    assert reason is (Reason.INVALID_L4_HEADER if fits else Reason.INVALID_HEADER)


@pytest.mark.parametrize(
    ("total", "reason"),
    [
        (0, Reason.INVALID_HEADER),
        (19, Reason.INVALID_HEADER),
        (20, Reason.INVALID_L4_HEADER),
        (39, Reason.INVALID_L4_HEADER),
        (40, Reason.NEW),
        (41, Reason.INVALID_HEADER),
        (65535, Reason.INVALID_HEADER),
    ],
)
def test_total_length_lies_between_header_and_frame(total: int, reason: Reason) -> None:
    assert reason_of(with_length(IPV4, SYN, total)) is reason


def test_total_length_is_measured_against_a_header_with_options() -> None:
    data = with_options(SYN, bytes([1] * 8))
    assert reason_of(with_length(IPV4, data, 27)) is Reason.INVALID_HEADER
    assert reason_of(with_length(IPV4, data, 28)) is Reason.INVALID_L4_HEADER
    assert reason_of(with_length(IPV4, data, 48)) is Reason.NEW


def with_options(data: bytes, options: bytes) -> bytes:
    """A packet of a 20-byte header with options; its total length is right, its checksum not."""
    longer = data[: ETHERNET_LENGTH + 20] + options + data[ETHERNET_LENGTH + 20 :]
    longer = with_bytes(longer, VERSION_AND_LENGTH, bytes([0x40 | 5 + len(options) // 4]))
    return with_length(IPV4, longer, len(longer) - ETHERNET_LENGTH)


@pytest.mark.parametrize("words", range(1, 11))
def test_options_are_skipped_whatever_they_hold(words: int) -> None:
    """Lengths inside the options are nonsense here: nobody looks at them."""
    node = Node()
    handled = node.send(with_options(SYN, bytes([0xFF] * 4 * words)))
    assert handled.reason is Reason.NEW
    assert list(node.flows) == [flow_key(CONNECTION)]


def test_bytes_behind_the_total_length_are_carried_along_and_never_parsed() -> None:
    node = Node()
    short = frame(IPV4.pod, IPV4.peer, b"\x9c\x40\x00\x50", UDP)
    padded = short + DATAGRAM.out()[ETHERNET_LENGTH + 24 :]
    assert node.send(padded).reason is Reason.INVALID_L4_HEADER
    padded = DATAGRAM.out() + b"padding"
    handled = node.send(padded)
    assert (handled.reason, handled.data) == (Reason.NEW, padded)
    assert node.flow.opener_bytes == len(padded)


@pytest.mark.clause(hits=["PKT-2a"])
@pytest.mark.parametrize("value", [b"\0\0", b"\xff\xff", b"\x12\x34"])
def test_a_wrong_header_checksum_passes(value: bytes) -> None:
    data = with_bytes(SYN, CHECKSUM, value)
    handled = Node().send(data)
    assert (handled.reason, handled.data) == (Reason.NEW, data)


@pytest.mark.parametrize("number", [0, 43, 44, 60])
def test_numbers_of_ipv6_extension_headers_are_protocols_in_ipv4(number: int) -> None:
    node = Node()
    assert node.send(frame(IPV4.pod, IPV4.peer, b"\x06", number)).reason is Reason.NEW
    (key,) = node.flows
    assert (key.protocol, key.endpoint_port, key.peer_port) == (number, 0, 0)


@pytest.mark.clause(misses=["FRAG-1"])
def test_do_not_fragment_and_the_reserved_bit_make_no_fragment() -> None:
    for bits in (0x4000, 0x8000, 0xC000):
        data = with_bytes(SYN, ETHERNET_LENGTH + 6, bits.to_bytes(2, "big"))
        assert reason_of(data) is Reason.NEW
    assert ends(SYN) == (End(IPV4.pod, 40000), End(IPV4.peer, 80))
