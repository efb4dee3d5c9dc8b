"""MurmurHash3, x86 variant with 32 bits of result, over 32-bit words (LB-3a)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MASK: Final = 0xFFFFFFFF
C1: Final = 0xCC9E2D51
C2: Final = 0x1B873593


def murmur3(words: Iterable[int], seed: int) -> int:
    """Hash of whole words; equal to the published function over their little-endian bytes."""
    state = seed
    length = 0
    for word in words:
        mixed = word * C1 & MASK
        mixed = (mixed << 15 | mixed >> 17) * C2 & MASK
        state ^= mixed
        state = ((state << 13 | state >> 19) & MASK) * 5 + 0xE6546B64 & MASK
        length += 4
    return _finish(state ^ length)


def _finish(state: int) -> int:
    state ^= state >> 16
    state = state * 0x85EBCA6B & MASK
    state ^= state >> 13
    state = state * 0xC2B2AE35 & MASK
    return state ^ state >> 16
