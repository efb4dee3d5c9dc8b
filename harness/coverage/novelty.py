"""What a packet did that no packet before it did, told by counters alone and in microseconds."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

FIRST_OF_BUCKET: Final = (1, 2, 3, 4, 8, 16, 32, 128)
"""The smallest count of each bucket, as AFL has them: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more."""


class Novelty(IntEnum):
    """How new a set of counts is; what is 0 is nothing new."""

    NOTHING = 0
    NEW_COUNT = 1
    """A counter was in a bucket in which it had not been yet."""
    NEW_BRANCH = 2
    """A counter moved for the first time."""


def _bucket_bits() -> NDArray[np.uint8]:
    bits = np.zeros(FIRST_OF_BUCKET[-1] + 1, np.uint8)
    for number, first in enumerate(FIRST_OF_BUCKET):
        bits[first:] = 1 << number
    return bits


BUCKET_BITS: Final = _bucket_bits()
"""The bit of a count's bucket, by count; the last stands for all that are higher."""


class SeenCounts:
    """The buckets in which each of `size` counters has been so far.

    `seen` is an array of shape (size,), a bit for each bucket; campaigns that join take the
    bitwise or of theirs (`merge`).
    """

    def __init__(self, size: int) -> None:
        self.seen: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self._unseen: NDArray[np.uint8] = np.full(size, 0xFF, np.uint8)
        self._buckets: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self._new: NDArray[np.uint8] = np.zeros(size, np.uint8)

    def add(self, values: NDArray[np.uint64]) -> Novelty:
        """Add one packet's counts, of shape (size,), and say how new they are (about 2 us)."""
        BUCKET_BITS.take(values.view(np.int64), out=self._buckets, mode="clip")
        np.bitwise_and(self._buckets, self._unseen, out=self._new)
        if not np.count_nonzero(self._new):
            return Novelty.NOTHING
        return self._take_in()

    def merge(self, seen: NDArray[np.uint8]) -> None:
        """Add what another campaign has seen."""
        self.seen |= seen
        np.invert(self.seen, out=self._unseen)

    @property
    def branches(self) -> int:
        """How many counters have moved."""
        return int(np.count_nonzero(self.seen))

    def _take_in(self) -> Novelty:
        first_time = bool(np.any(self._new[self.seen == 0]))
        self.merge(self._new)
        return Novelty.NEW_BRANCH if first_time else Novelty.NEW_COUNT
