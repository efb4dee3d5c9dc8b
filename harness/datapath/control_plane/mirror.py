"""A copy of what was written to a table: for undoing, and to see what others changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from harness.datapath.control_plane.plan import Batch
from harness.kernel.loader import Map


class Mirror(Protocol):
    """Values by key, as they should be in the kernel. Keys and values come concatenated."""

    def read(self, keys: bytes, count: int) -> Iterable[bytes | None]:
        """The values under keys as they are now, None where there is none."""

    def write(self, keys: bytes, values: bytes, count: int) -> None:
        """Remember elements as written."""

    def remove(self, keys: bytes, count: int) -> None:
        """Remember elements as removed."""

    def clear(self) -> None:
        """Remember that nothing is there."""


class HashMirror:
    """Copy of a hash or trie."""

    def __init__(self, table: Map) -> None:
        self._key_size = table.key_size
        self._value_size = table.value_size
        self._elements: dict[bytes, bytes] = {}

    def read(self, keys: bytes, count: int) -> Iterable[bytes | None]:
        """See Mirror."""
        return [self._elements.get(key) for key in chunks(keys, self._key_size)]

    def write(self, keys: bytes, values: bytes, count: int) -> None:
        """See Mirror."""
        self._elements.update(
            zip(chunks(keys, self._key_size), chunks(values, self._value_size), strict=True)
        )

    def remove(self, keys: bytes, count: int) -> None:
        """See Mirror."""
        for key in chunks(keys, self._key_size):
            self._elements.pop(key, None)

    def most(self, batches: Iterable[Batch]) -> int:
        """The most elements that are there at once while batches are carried out in order."""
        size = most = len(self._elements)
        is_there: dict[bytes, bool] = {}
        for batch in batches:
            for key in chunks(batch.keys, self._key_size):
                if is_there.get(key, key in self._elements) == batch.removes:
                    size += -1 if batch.removes else 1
                    is_there[key] = not batch.removes
            most = max(most, size)
        return most

    def clear(self) -> None:
        """See Mirror."""
        self._elements.clear()

    def items(self) -> dict[bytes, bytes]:
        """Every element that should be there, as a copy."""
        return dict(self._elements)


class ArrayMirror:
    """Copy of an array. Memory is taken only for what has been written.

    `elements` has a row of bytes for each element.
    """

    def __init__(self, table: Map) -> None:
        self.elements = np.zeros((table.max_entries, table.value_size), np.uint8)

    def read(self, keys: bytes, count: int) -> Iterable[bytes | None]:
        """See Mirror. A Maglev table has thousands of elements: they are told apart when needed."""
        rows = self.elements[np.frombuffer(keys, np.uint32)]
        return Elements(rows.tobytes(), self.elements.shape[1])

    def write(self, keys: bytes, values: bytes, count: int) -> None:
        """See Mirror."""
        rows = np.frombuffer(values, np.uint8).reshape(count, -1)
        self.elements[np.frombuffer(keys, np.uint32)] = rows

    def remove(self, keys: bytes, count: int) -> None:
        """An array's elements are never removed."""
        raise AssertionError("an array has no elements to remove")

    def clear(self) -> None:
        """See Mirror."""
        self.elements[:] = 0


@dataclass(frozen=True, slots=True)
class Elements:
    """Concatenated elements of one size, to be walked any number of times."""

    data: bytes
    size: int

    def __iter__(self) -> Iterator[bytes]:
        return chunks(self.data, self.size)


def chunks(data: bytes | bytearray, size: int) -> Iterator[bytes]:
    """Concatenated elements one by one."""
    for start in range(0, len(data), size):
        yield bytes(data[start : start + size])
