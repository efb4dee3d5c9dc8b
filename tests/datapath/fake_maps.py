"""A test double of kernel maps: in memory, with the same sizes, the same errors, and faults.

It keeps the promises of harness.kernel.interface.Map that the control plane relies on: a full
hash and an index beyond an array's end are E2BIG, an array cannot lose elements, keys and values
have exactly their sizes. `Faults` makes the n-th writing call fail, half-done, and lets a test
look at the tables between any two elements.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.kernel.btf import Btf, MapDefinition
from harness.kernel.errors import MapError

ARRAY_KINDS = {2, 6}  # BPF_MAP_TYPE_ARRAY, _PERCPU_ARRAY
PER_CPU_ARRAY = 6
RING = 27
LRU_HASH = 9
CPUS = 2

SMALL_SIZES = {"backends": 64, "eligible_backends": 64, "maglev_tables": 256, "policy_pages": 64}
"""Elements of the tables that a test need not have in full."""


@dataclass
class Faults:
    """Counts writing calls over all maps; the one with number `fail_at` (from 0) fails.

    With `fail_on` those after it fail too.

    `watch` is called after every single element that is written or removed.
    """

    fail_at: int | None = None
    fail_on: bool = False
    calls: int = 0
    watch: Callable[[], None] | None = None

    def strike(self) -> bool:
        """Whether this call has to fail."""
        self.calls += 1
        if self.fail_at is None or self.calls <= self.fail_at:
            return False
        return self.fail_on or self.calls == self.fail_at + 1


@dataclass
class FakeMap:
    """One map. Array elements that were never written are zero and not stored."""

    name: str
    kind: int
    key_size: int
    value_size: int
    max_entries: int
    faults: Faults
    elements: dict[bytes, bytes] = field(default_factory=dict)
    fd: int = -1

    @property
    def element_size(self) -> int:
        return (
            CPUS * -(-self.value_size // 8) * 8 if self.kind == PER_CPU_ARRAY else self.value_size
        )

    def lookup(self, key: bytes) -> bytes | None:
        self._check(key, self.key_size)
        if key not in self.elements and self._is_element(key):
            return bytes(self.element_size)
        return self.elements.get(key)

    def update(self, key: bytes, value: bytes, flags: int = 0) -> None:
        self._strike("update")
        self._put(key, value)

    def delete(self, key: bytes) -> bool:
        self._strike("delete")
        self._check(key, self.key_size)
        if self.kind in ARRAY_KINDS:
            raise MapError(self.name, "delete", errno.EINVAL)
        return self._take(key)

    def items(self) -> list[tuple[bytes, bytes]]:
        if self.kind not in ARRAY_KINDS:
            return list(self.elements.items())
        keys = (index.to_bytes(4, "little") for index in range(self.max_entries))
        zero = bytes(self.element_size)
        return [(key, self.elements.get(key, zero)) for key in keys]

    def update_batch(self, keys: bytes, values: bytes, count: int) -> None:
        self._check(keys, self.key_size * count)
        self._check(values, self.element_size * count)
        fails = self.faults.strike()
        for place in range(count // 2 if fails else count):
            self._put(
                keys[place * self.key_size : (place + 1) * self.key_size],
                values[place * self.element_size : (place + 1) * self.element_size],
            )
        if fails:
            raise MapError(self.name, "update", errno.ENOMEM)

    def delete_batch(self, keys: bytes, count: int) -> None:
        self._check(keys, self.key_size * count)
        fails = self.faults.strike()
        for place in range(count // 2 if fails else count):
            self._take(keys[place * self.key_size : (place + 1) * self.key_size])
        if fails:
            raise MapError(self.name, "delete", errno.ENOMEM)

    def clear(self) -> None:
        self.elements.clear()

    def memory(self) -> memoryview:
        """Not mappable: tests that need shared memory use the kernel's maps."""
        raise MapError(self.name, "mmap", errno.EINVAL)

    def _put(self, key: bytes, value: bytes) -> None:
        self._check(key, self.key_size)
        self._check(value, self.element_size)
        if self.kind in ARRAY_KINDS:
            full = not self._is_element(key)
        else:
            full = key not in self.elements and len(self.elements) >= self.max_entries
        if full and self.kind != LRU_HASH:
            raise MapError(self.name, "update", errno.E2BIG)
        self.elements[key] = value
        self._show()

    def _take(self, key: bytes) -> bool:
        found = self.elements.pop(key, None) is not None
        self._show()
        return found

    def _show(self) -> None:
        if self.faults.watch is not None:
            self.faults.watch()

    def _is_element(self, key: bytes) -> bool:
        return self.kind in ARRAY_KINDS and int.from_bytes(key, "little") < self.max_entries

    def _strike(self, action: str) -> None:
        if self.faults.strike():
            raise MapError(self.name, action, errno.ENOMEM)

    def _check(self, data: bytes, size: int) -> None:
        if len(data) != size:
            raise MapError(self.name, f"{len(data)} instead of {size} bytes", errno.EINVAL)


def fake_maps(
    btf: Btf, sizes: Mapping[str, int] | None = None, faults: Faults | None = None
) -> dict[str, FakeMap]:
    """Every map of the object but its rings, empty."""
    shared = faults or Faults()
    return {
        name: _fake_map(definition, (sizes or {}).get(name, definition.max_entries), shared)
        for name, definition in btf.maps.items()
        if definition.kind != RING
    }


def snapshot(maps: Mapping[str, FakeMap]) -> dict[str, dict[bytes, bytes]]:
    """The contents of all maps; elements that an array has as zero are left out."""
    return {
        name: {key: value for key, value in table.elements.items() if _counts(table, value)}
        for name, table in maps.items()
    }


def _counts(table: FakeMap, value: bytes) -> bool:
    return table.kind not in ARRAY_KINDS or any(value)


def _fake_map(definition: MapDefinition, size: int, faults: Faults) -> FakeMap:
    return FakeMap(
        definition.name,
        definition.kind,
        definition.key_size,
        definition.value_size,
        size,
        faults,
    )
