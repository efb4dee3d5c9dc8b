"""Which TCP flags pass: all 256 combinations against the clause (PKT-6)."""

from __future__ import annotations

import pytest

from model.domain.reason import Reason
from tests.model.builder import Network, both_families, connection, with_bytes
from tests.model.node import Node

BITS = {"F": 0x01, "S": 0x02, "R": 0x04, "P": 0x08, "A": 0x10, "U": 0x20, "E": 0x40, "C": 0x80}
VALID = {"S", "SU", "SA", "R", "RA", "FA", "FAU", "A", "AU"}
"""The combinations that PKT-6 lists, as letters."""

FLAGS_OFFSET = 13


def letters(flags: int) -> frozenset[str]:
    return frozenset(letter for letter, bit in BITS.items() if flags & bit)


def is_valid(flags: int) -> bool:
    return letters(flags) - set("ECP") in {frozenset(text) for text in VALID}


@both_families
def test_exactly_the_listed_combinations_pass(net: Network) -> None:
    passed: set[int] = set()
    dropped: set[int] = set()
    for flags in range(256):
        data = with_bytes(
            connection(net, net.peer).out("S"), net.transport + FLAGS_OFFSET, bytes([flags])
        )
        reason = Node().send(data).reason
        assert reason in {Reason.NEW, Reason.INVALID_TCP_FLAGS}
        (passed if reason is Reason.NEW else dropped).add(flags)
    assert passed == {flags for flags in range(256) if is_valid(flags)}
    assert dropped == set(range(256)) - passed
    assert len(passed) == len(VALID) * 8


@both_families
@pytest.mark.parametrize("flags", ["", "F", "SF", "SR", "SAF", "RF", "RAF", "SRFPAU", "U", "FU"])
def test_combinations_that_scanners_send_are_dropped_in_both_directions(
    net: Network, flags: str
) -> None:
    node, scan = Node(), connection(net, net.peer)
    assert node.send(scan.out(flags)).reason is Reason.INVALID_TCP_FLAGS
    assert node.receive(scan.back(flags)).reason is Reason.INVALID_TCP_FLAGS
    assert node.table == {}


@both_families
def test_the_ns_bit_and_reserved_bits_are_not_looked_at(net: Network) -> None:
    data = connection(net, net.peer).out("S")
    assert Node().send(with_bytes(data, net.transport + 12, b"\x5f")).reason is Reason.NEW
