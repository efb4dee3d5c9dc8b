"""Maglev tables (LB-3b): each backend's permutation of the slots by numpy, taken in turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.datapath.control_plane.murmur import murmur3
from model.domain.address import Address

OFFSET_SEED = 1
SKIP_SEED = 2


class Server(NamedTuple):
    """What a backend's preferences depend on."""

    address: Address
    port: int


def maglev_table(servers: Sequence[Server], size: int) -> NDArray[np.uint32]:
    """Table of `size` slots, a prime: the place in `servers` of the one that got the slot.

    `servers` has at least one and is ordered by address and port. Each goes on from where its last
    preference was: those before it are taken for good, so the whole takes about size · ln(size)
    steps however many servers there are.
    """
    if len(servers) == 1:
        return np.zeros(size, np.uint32)
    return np.array(_take_turns(_permutations(servers, size), size), np.uint32)


def _permutations(servers: Sequence[Server], size: int) -> list[Iterator[int]]:
    """For each server all slots in the order of its preference.

    Made in blocks as they are asked for, the first ones of all servers at once: a table needs but
    the beginning of most permutations.
    """
    offset_hashes, skip_hashes = murmur3(_words(servers), (OFFSET_SEED, SKIP_SEED)).astype(np.int64)
    offsets, skips = offset_hashes % size, skip_hashes % (size - 1) + 1
    width = min(size, 6 * size // len(servers) + 16)
    beginnings = (offsets[:, None] + skips[:, None] * np.arange(width)) % size
    return [
        chain(beginning, chain.from_iterable(_later_blocks(offset, skip, width, size)))
        for beginning, offset, skip in zip(
            beginnings.tolist(), offsets.tolist(), skips.tolist(), strict=True
        )
    ]


def _later_blocks(offset: int, skip: int, width: int, size: int) -> Iterator[list[int]]:
    """A permutation from its second block on."""
    for begin in range(width, size, width):
        numbers = np.arange(begin, min(begin + width, size))
        yield ((offset + skip * numbers) % size).tolist()


def _take_turns(permutations: list[Iterator[int]], size: int) -> list[int | None]:
    owners: list[int | None] = [None] * size
    left = size
    while True:
        for place, preferences in enumerate(permutations):
            for slot in preferences:
                if owners[slot] is None:
                    owners[slot] = place
                    break
            left -= 1
            if not left:
                return owners


def _words(servers: Sequence[Server]) -> NDArray[np.uint32]:
    """A row for each server: the address's words, and the port."""
    data = b"".join([server.address + server.port.to_bytes(4, "big") for server in servers])
    return np.frombuffer(data, ">u4").reshape(len(servers), -1).astype(np.uint32)


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
