"""The control plane's maps: carries out plans, and keeps a copy of what it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.datapath.codec.index import index_key
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.mirror import ArrayMirror, HashMirror, Mirror, chunks
from harness.datapath.control_plane.plan import Batch, Plan
from harness.kernel.errors import MapError
from harness.kernel.loader import Map
from harness.subject import OperationError

HASHES = (
    "endpoints",
    "frontends_ipv4",
    "frontends_ipv6",
    "services",
    "addresses_ipv4",
    "addresses_ipv6",
    "prefixes_ipv4",
    "prefixes_ipv6",
    "policies",
)
ARRAYS = ("configuration", "eligible_backends", "maglev_tables", "backends", "policy_pages")
MAPPED = ("eligible_backends", "maglev_tables", "backends", "policy_pages")
"""Written through shared memory, a word of 4 bytes at once: a packet that comes in between sees
each word old or new. The configuration has longer ones; the kernel copies it in one go."""

LASTING = ("server_ports",)
"""What was written here stays when a transaction is taken back. Packets set marks in the same
elements, and what was there before would erase those; a mark for nothing costs a look-up."""


class Damage(NamedTuple):
    """An element that is not as it was written; None: not there."""

    table: str
    key: bytes
    written: bytes | None
    found: bytes | None


class Tables:
    """Every map that a transaction writes. `maps` are an object's maps by name in C."""

    def __init__(self, maps: Mapping[str, Map]) -> None:
        self._maps = maps
        self._arrays = {name: ArrayMirror(maps[name]) for name in ARRAYS}
        self._hashes = {name: HashMirror(maps[name]) for name in HASHES}
        self._mirrors: dict[str, Mirror] = {**self._hashes, **self._arrays}
        self._mapped = {name: _shared_words(maps[name]) for name in MAPPED}

    def size(self, table: str) -> int:
        """Capacity of a table in elements."""
        return self._maps[table].max_entries

    def written(self, table: str, key: bytes) -> bytes | None:
        """The value that was written under a key, None where there is none."""
        (value,) = self._mirrors[table].read(key, 1)
        return value

    def elements(self, table: str) -> NDArray[np.uint8]:
        """An array as it was written, a row of bytes for each element; not to be changed."""
        return self._arrays[table].elements

    def items(self, table: str) -> dict[bytes, bytes]:
        """Everything that was written to a hash."""
        return self._hashes[table].items()

    def check_room(self, plan: Plan) -> None:
        """Whether hashes hold what is in them at any time while the whole plan is carried out.

        Raises OperationError. Arrays cannot overflow: their allocators know their sizes.
        """
        changes: dict[str, list[Batch]] = {}
        for batch in plan.batches():
            changes.setdefault(batch.table, []).append(batch)
        for table, batches in changes.items():
            if table not in self._hashes:
                continue
            needed, size = self._hashes[table].most(batches), self.size(table)
            if needed > size:
                raise OperationError(
                    f"table {table} holds {size} elements, {needed} are needed while"
                    " changing over: load the object with a larger one"
                )

    def write(self, plan: Plan, journal: Journal) -> None:
        """Carry out a plan; the journal takes it back, but for LASTING. Raises MapError."""
        for batch in plan.batches():
            self._write(batch, journal)

    def correct(self, table: str, index: int, offset: int, data: bytes) -> None:
        """Remember bytes that were written into an array's element past the plans."""
        row = self._arrays[table].elements[index]
        row[offset : offset + len(data)] = np.frombuffer(data, np.uint8)

    def clear(self) -> None:
        """Empty every table. Raises MapError."""
        for name, mirror in self._mirrors.items():
            self._maps[name].clear()
            mirror.clear()

    def damage(self) -> Iterator[Damage]:
        """What differs from what was written, table by table in the order of keys."""
        for name in HASHES:
            yield from self._hash_damage(name)
        for name in ARRAYS:
            yield from self._array_damage(name)

    def _hash_damage(self, name: str) -> Iterator[Damage]:
        written = self.items(name)
        found = dict(self._maps[name].items())
        if written != found:
            for key in sorted(written.keys() | found.keys()):
                if written.get(key) != found.get(key):
                    yield Damage(name, key, written.get(key), found.get(key))

    def _array_damage(self, name: str) -> Iterator[Damage]:
        written = self.elements(name)
        words = self._mapped.get(name)
        found = _read_elements(self._maps[name]) if words is None else words.view(np.uint8)
        if np.array_equal(written.view(np.uint32), found.view(np.uint32)):
            return
        different = written != found
        for index in np.flatnonzero(different.any(axis=1)).tolist():
            yield Damage(name, index_key(index), written[index].tobytes(), found[index].tobytes())

    def _write(self, batch: Batch, journal: Journal) -> None:
        table = self._maps[batch.table]
        keys, values = bytes(batch.keys), bytes(batch.values)
        if batch.table not in LASTING:
            old = self._old_values(table, keys, batch.count)
            journal.undo_with(lambda: self._restore(table, keys, old))
        if batch.removes:
            self._remove(table, keys, batch.count)
        else:
            self._put(table, keys, values, batch.count)

    def _old_values(self, table: Map, keys: bytes, count: int) -> Iterable[bytes | None]:
        """What was there before: for tables that packets write too, only the kernel knows."""
        if table.name in self._mirrors:
            return self._mirrors[table.name].read(keys, count)
        return [table.lookup(key) for key in chunks(keys, table.key_size)]

    def _restore(self, table: Map, keys: bytes, old: Iterable[bytes | None]) -> None:
        """Put old values back, last first: a key may be there twice."""
        for key, value in reversed(list(zip(chunks(keys, table.key_size), old, strict=True))):
            if value is None:
                self._remove(table, key, 1)
            else:
                self._put(table, key, value, 1)

    def _put(self, table: Map, keys: bytes, values: bytes, count: int) -> None:
        words = self._mapped.get(table.name)
        if words is not None:
            rows = np.frombuffer(values, np.uint32).reshape(count, -1)
            words[np.frombuffer(keys, np.uint32)] = rows
        elif count == 1:
            table.update(keys, values)
        else:
            table.update_batch(keys, values, count)
        if table.name in self._mirrors:
            self._mirrors[table.name].write(keys, values, count)

    def _remove(self, table: Map, keys: bytes, count: int) -> None:
        if count == 1:
            table.delete(keys)
        else:
            table.delete_batch(keys, count)
        if table.name in self._mirrors:
            self._mirrors[table.name].remove(keys, count)


def _shared_words(table: Map) -> NDArray[np.uint32] | None:
    """The memory that an array shares with the kernel, a row of words for each element."""
    try:
        memory = table.memory()
    except MapError:
        return None
    rows = np.frombuffer(memory, np.uint32).reshape(table.max_entries, -1)
    return rows[:, : table.value_size // 4]


def _read_elements(table: Map) -> NDArray[np.uint8]:
    """A whole array that shares no memory, a row of bytes for each element."""
    values = b"".join([value for _, value in table.items()])
    return np.frombuffer(values, np.uint8).reshape(table.max_entries, -1)
