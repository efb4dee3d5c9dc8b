"""MurmurHash3, x86 variant with 32 bits of result, over 32-bit words (LB-3a)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]

C1: Final = np.uint32(0xCC9E2D51)
C2: Final = np.uint32(0x1B873593)
STEP_FACTOR: Final = np.uint32(5)
STEP_TERM: Final = np.uint32(0xE6546B64)
END_FACTORS: Final = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
SHIFTS: Final = tuple(np.uint32(bits) for bits in range(32))


def murmur3(rows: Words, seeds: Sequence[int]) -> Words:
    """Hashes (seed, row) of rows (row, word), as of the little-endian bytes of a row's words."""
    scrambled = _rotated(rows * C1, 15) * C2
    state = np.empty((len(seeds), len(rows)), np.uint32)
    state.T[:] = seeds
    for column in scrambled.T:
        state = _rotated(state ^ column, 13) * STEP_FACTOR + STEP_TERM
    state ^= np.uint32(4 * rows.shape[1])
    state = (state ^ state >> SHIFTS[16]) * END_FACTORS[0]
    state = (state ^ state >> SHIFTS[13]) * END_FACTORS[1]
    return state ^ state >> SHIFTS[16]


def _rotated(words: Words, bits: int) -> Words:
    return words << SHIFTS[bits] | words >> SHIFTS[32 - bits]
