"""The Internet checksum, updated for what changes (RFC 1624)."""

from __future__ import annotations

from struct import unpack
from typing import Final

ALL_ONES: Final = 0xFFFF


def fold(total: int) -> int:
    """One's complement sum of 16-bit words, from their ordinary sum."""
    while total > ALL_ONES:
        total = (total & ALL_ONES) + (total >> 16)
    return total


def words(data: bytes) -> tuple[int, ...]:
    """The 16-bit words of an even number of bytes."""
    return unpack(f"!{len(data) // 2}H", data)


def difference(old: bytes, new: bytes) -> int:
    """Sum of ~m + m' over all words (RFC 1624, equation 3), for any number of updates."""
    return sum(words(new)) + sum(ALL_ONES - word for word in words(old))


def update(checksum: int, change: int) -> int:
    """HC' = ~(~HC + ~m + m'), `change` being a sum of differences (RFC 1624, equation 3)."""
    return ALL_ONES - fold(ALL_ONES - checksum + change)
