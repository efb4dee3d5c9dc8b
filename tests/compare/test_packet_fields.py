"""Frames are compared by Scapy's names, and by offset where those do not tell them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.difference import ABSENT, Difference, Kind
from harness.compare.packet_fields import differing_packet_fields, layers
from tests.compare.example import ETHERNET, tcp, udp, unreachable

ETHERNET_LENGTH = 14


def differences(expected: bytes, actual: bytes) -> list[Difference]:
    return list(differing_packet_fields(expected, actual))


def with_byte(frame: bytes, offset: int, value: int) -> bytes:
    return frame[:offset] + bytes([value]) + frame[offset + 1 :]


@pytest.mark.parametrize(
    ("offset", "value", "place", "expected", "actual"),
    [
        (0, 0x06, "Ether.dst", "02:00:00:00:00:02", "06:00:00:00:00:02"),
        (ETHERNET_LENGTH + 1, 4, "IP.tos", 0, 4),
        (ETHERNET_LENGTH + 19, 2, "IP.dst", "10.0.3.1", "10.0.3.2"),
        (ETHERNET_LENGTH + 20, 0, "TCP.sport", 40000, 64),
        (ETHERNET_LENGTH + 33, 0x12, "TCP.flags", "S", "SA"),
    ],
)
def test_a_field_is_named(
    offset: int, value: int, place: str, expected: object, actual: object
) -> None:
    (found,) = differences(tcp(), with_byte(tcp(), offset, value))
    assert found.kind is Kind.BYTES
    assert f"{found.where}.{found.field}" == place
    assert (str(found.expected), str(found.actual)) == (str(expected), str(actual))


def test_fields_of_a_quoted_packet_are_those_of_the_quote() -> None:
    found = differences(unreachable(), unreachable(quoted_destination="10.96.0.10"))
    assert [(one.where, one.field, one.actual) for one in found] == [
        ("IPerror", "dst", "10.96.0.10")
    ]
    found = differences(unreachable(), unreachable(quoted_port=80))
    assert [(one.where, one.field, one.expected) for one in found] == [("UDPerror", "dport", 53)]


def test_a_payload_differs_at_an_offset_not_as_a_whole() -> None:
    expected, actual = tcp(bytes(1400)), with_byte(tcp(bytes(1400)), 700, 0x41)
    (found,) = differences(expected, actual)
    assert found == Difference(Kind.BYTES, "Raw", "load byte 646", "0x00", "0x41")


def test_a_payload_of_four_bytes_is_no_address() -> None:
    (found,) = differences(tcp(b"abcd"), with_byte(tcp(b"abcd"), 57, 0x65))
    assert found == Difference(Kind.BYTES, "Raw", "load byte 3", "0x64", "0x65")


def test_a_longer_payload_says_by_how_much() -> None:
    shorter = tcp(b"hello")
    (found,) = differences(shorter, shorter + b"\0\0")
    assert found == Difference(Kind.BYTES, "Padding", "layer", ABSENT, "present")
    longer = [one for one in differences(tcp(b"a"), tcp(b"ab")) if one.where == "Raw"]
    assert longer == [Difference(Kind.BYTES, "Raw", "load length", 1, 2)]


def test_a_layer_that_is_missing_and_one_that_is_extra() -> None:
    found = differences(tcp(), udp())
    assert Difference(Kind.BYTES, "TCP", "layer", "present", ABSENT) in found
    assert Difference(Kind.BYTES, "UDP", "layer", ABSENT, "present") in found
    assert not [one for one in found if one.where == "TCP" and one.field != "layer"]


def test_a_second_layer_of_a_name_has_a_number() -> None:
    inner = tcp()[ETHERNET_LENGTH:]
    header = bytearray(tcp()[ETHERNET_LENGTH : ETHERNET_LENGTH + 20])
    header[9] = 4
    frame = bytes(ETHERNET)[:12] + b"\x08\x00" + bytes(header) + inner
    assert [name for name in layers(frame) if name.startswith("IP")] == ["IP", "IP#2"]


def test_where_no_field_tells_the_frames_apart_the_first_byte_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.compare.packet_fields.layers", lambda _frame: {})
    assert differences(b"\1\2\3", b"\1\3\3\4") == [
        Difference(Kind.BYTES, "frame", "length", 3, 4),
        Difference(Kind.BYTES, "frame", "byte 1", "0x02", "0x03"),
    ]


@given(
    st.binary(max_size=120),
    st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x08\x06", b"\x81\x00"]),
    st.integers(0, 200),
    st.integers(1, 255),
)
def test_frames_of_whatever_bytes_differ_somewhere(
    rest: bytes, kind: bytes, place: int, flip: int
) -> None:
    frame = bytes(12) + kind + rest
    offset = place % len(frame)
    found = differences(frame, with_byte(frame, offset, frame[offset] ^ flip))
    assert found
    assert all(one.kind is Kind.BYTES for one in found)


@given(st.binary(max_size=13), st.binary(max_size=80))
def test_frames_too_short_for_ethernet_are_compared_as_well(short: bytes, other: bytes) -> None:
    assert bool(differences(short, other)) == (short != other)
