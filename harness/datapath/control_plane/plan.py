"""The writes of one transaction, in the order in which they are safe."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from harness.datapath.codec.index import index_key, index_keys


class Phase(IntEnum):
    """When a write happens. A packet between two of them sees the old or the new.

    PREPARE: nothing that a packet can reach refers to it yet. SWITCH: what packets see changes,
    in the order in which it was planned. CONFIGURE: the configuration, with the old revisions.
    REVISE: the revisions, so that what was cached before the switch is looked up again. ENTRIES:
    what a test puts. REMOVE: nothing refers to it any more.
    """

    PREPARE = 0
    SWITCH = 1
    CONFIGURE = 2
    REVISE = 3
    ENTRIES = 4
    REMOVE = 5


class Batch:
    """Elements of one table that are written, or removed, in one go."""

    def __init__(self, table: str, removes: bool) -> None:
        self.table = table
        self.removes = removes
        self.keys = bytearray()
        self.values = bytearray()
        self.count = 0


class Plan:
    """Writes by phase. In PREPARE, where order does not matter, a table's writes are one batch."""

    def __init__(self) -> None:
        self._phases: tuple[list[Batch], ...] = tuple([] for _ in Phase)

    def put(self, phase: Phase, table: str, key: bytes, value: bytes) -> None:
        """Write an element, whether it is there or not."""
        self._extend(phase, table, key, value, 1)

    def put_index(self, phase: Phase, table: str, index: int, value: bytes) -> None:
        """Write an array's element."""
        self._extend(phase, table, index_key(index), value, 1)

    def fill(self, phase: Phase, table: str, first: int, values: bytes, count: int) -> None:
        """Write a stretch of an array."""
        self._extend(phase, table, index_keys(first, count), values, count)

    def remove(self, phase: Phase, table: str, key: bytes) -> None:
        """Remove an element of a hash."""
        batch = self._batch(phase, table, removes=True)
        batch.keys += key
        batch.count += 1

    def batches(self) -> Iterator[Batch]:
        """Everything, in order."""
        for phase in self._phases:
            yield from phase

    def _extend(self, phase: Phase, table: str, keys: bytes, values: bytes, count: int) -> None:
        batch = self._batch(phase, table, removes=False)
        batch.keys += keys
        batch.values += values
        batch.count += count

    def _batch(self, phase: Phase, table: str, removes: bool) -> Batch:
        batches = self._phases[phase]
        candidates = batches if phase is Phase.PREPARE else batches[-1:]
        for batch in candidates:
            if batch.table == table and batch.removes == removes:
                return batch
        batch = Batch(table, removes)
        batches.append(batch)
        return batch
