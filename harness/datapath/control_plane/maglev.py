"""Maglev tables (LB-3b).

Preferences are walked as they are asked for: of each backend's permutation a table needs but the
beginning, and numpy, which has to make it in blocks, takes half as long again for 100 backends.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.datapath.control_plane.murmur import murmur3
from model.domain.address import Address

OFFSET_SEED = 1
SKIP_SEED = 2
FREE = -1


class Server(NamedTuple):
    """What a backend's preferences depend on."""

    address: Address
    port: int


def maglev_table(servers: Sequence[Server], size: int) -> NDArray[np.uint32]:
    """Table of `size` slots, a prime: the place in `servers` of the one that got the slot.

    `servers` has at least one and is ordered by address and port. Each remembers where its last
    preference was: those before it are taken for good, so the whole takes about size · ln(size)
    steps however many servers there are.
    """
    if len(servers) == 1:
        return np.zeros(size, np.uint32)
    hashes = [_words(server) for server in servers]
    wanted = [murmur3(words, OFFSET_SEED) % size for words in hashes]
    skips = [murmur3(words, SKIP_SEED) % (size - 1) + 1 for words in hashes]
    return np.array(_take_turns(wanted, skips, size), np.uint32)


def _take_turns(wanted: list[int], skips: list[int], size: int) -> list[int]:
    owners = [FREE] * size
    places = range(len(wanted))
    left = size
    while True:
        for place in places:
            slot, skip = wanted[place], skips[place]
            while owners[slot] != FREE:
                slot += skip
                if slot >= size:
                    slot -= size
            owners[slot] = place
            wanted[place] = slot
            left -= 1
            if not left:
                return owners


def _words(server: Server) -> tuple[int, ...]:
    count = len(server.address) // 4
    return (*struct.unpack(f">{count}I", server.address), server.port)


def is_prime(number: int) -> bool:
    """Whether a table size is a prime, by trial division: sizes are small."""
    if number < 2:
        return False
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True
