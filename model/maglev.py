"""Maglev hashing as LB-3a and LB-3b define it, in the plainest way."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from struct import unpack
from typing import Final

from model.domain.address import Address

MASK: Final = 0xFFFFFFFF

OFFSET_SEED: Final = 1
SKIP_SEED: Final = 2


def rotate_left(value: int, bits: int) -> int:
    """Rotation of a 32-bit word."""
    return (value << bits | value >> (32 - bits)) & MASK


def murmur3(words: Iterable[int], seed: int) -> int:
    """MurmurHash3, x86, 32 bits, over 32-bit words (LB-3a)."""
    state, length = seed, 0
    for word in words:
        mixed = rotate_left(word * 0xCC9E2D51 & MASK, 15) * 0x1B873593 & MASK
        state = rotate_left(state ^ mixed, 13) * 5 + 0xE6546B64 & MASK
        length += 4
    state ^= length
    state = (state ^ state >> 16) * 0x85EBCA6B & MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & MASK
    return state ^ state >> 16


def address_words(address: Address) -> tuple[int, ...]:
    """An address as big-endian 32-bit words."""
    return unpack(f"!{len(address) // 4}I", address)


def connection_hash(client: Address, port: int, protocol: int, service: int) -> int:
    """Hash of a new connection; `port` is 0 with affinity (LB-3a)."""
    return murmur3((*address_words(client), port << 16 | protocol, service), 0)


@lru_cache(maxsize=256)
def table(members: tuple[tuple[Address, int], ...], size: int) -> tuple[int, ...]:
    """For each of `size` slots the index of a member (address, port), in turns (LB-3b)."""
    slots = [-1] * size
    places = []
    for address, port in members:
        words = (*address_words(address), port)
        skip = murmur3(words, SKIP_SEED) % (size - 1) + 1
        places.append((murmur3(words, OFFSET_SEED) % size, skip))
    filled = 0
    while True:
        for index, (place, skip) in enumerate(places):
            while slots[place] >= 0:
                place = (place + skip) % size  # noqa: PLW2901 - the member's next preference
            slots[place] = index
            places[index] = (place, skip)
            filled += 1
            if filled == size:
                return tuple(slots)
