"""Tables as they are on a node: with room, or full after it has been busy for long."""

from __future__ import annotations

from enum import Enum
from typing import Final

import numpy as np

from harness.kernel.interface import Map

PIECE: Final = 1 << 16
"""Elements of one batch."""


class Room(Enum):
    """How full the tables of flows are while something is measured."""

    PLENTY = "room"
    """The flows of the last round have been removed."""

    NONE = "full"
    """Each insertion evicts."""


def fill(table: Map) -> None:
    """Write as many elements as a table has room for. Raises MapError.

    Keys are numbers in the last four bytes, from the highest down; the values are zeros, which no
    packet takes for a live flow.
    """
    for first in range(0, table.max_entries, PIECE):
        count = min(PIECE, table.max_entries - first)
        keys = np.zeros((count, table.key_size), np.uint8)
        numbers = 0xFFFFFFFF - np.arange(first, first + count, dtype=np.uint32)
        keys[:, -4:] = numbers.astype(">u4").view(np.uint8).reshape(count, 4)
        table.update_batch(keys.tobytes(), bytes(table.value_size * count), count)


def age(table: Map) -> None:
    """Fill a table and empty it: free elements lie about as on a node that has run for long.

    Those of a new one follow each other in memory, which makes an insertion cheaper by a third, for
    as long as it lasts. Raises MapError.
    """
    fill(table)
    make_room(table)


def make_room(table: Map) -> None:
    """Empty a table, as a collector does bit by bit. Raises MapError."""
    table.clear()
