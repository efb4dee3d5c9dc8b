"""Maps by file descriptor, one prepared call per element and batches for the rest."""

from __future__ import annotations

import ctypes
import errno
import mmap
from collections.abc import Iterator
from typing import Final

import numpy as np

from harness.kernel.abi import ARRAY_KINDS, BPF_F_MMAPABLE, PER_CPU_KINDS
from harness.kernel.errors import MapError
from harness.kernel.libbpf import library
from harness.kernel.libbpf_object import MapHandle

BATCH_BYTES: Final = 1 << 20
"""About how much one batch call moves."""

SMALLEST_BATCH: Final = 64
TOKEN_BYTES: Final = 256
"""Room for where a batch left off: 4 bytes for hashes, a key for the other kinds."""

NOT_SUPPORTED: Final = frozenset({errno.EOPNOTSUPP, errno.EINVAL, 524})
"""What kernels answer where a kind of map has no batch calls; 524 is their own ENOTSUPP."""


Buffer = ctypes.Array[ctypes.c_char]
Buffers = tuple[Buffer, Buffer, Buffer]


class KernelMap:
    """A map, through libbpf's calls on its file descriptor. See interface.Map."""

    def __init__(self, handle: MapHandle) -> None:
        self.name = handle.name
        self.kind = handle.kind
        self.key_size = handle.key_size
        self.value_size = handle.value_size
        self.max_entries = handle.max_entries
        self.fd = handle.fd
        self._mappable = bool(handle.flags & BPF_F_MMAPABLE)
        self._library = library()
        self.element_size = handle.value_size
        if handle.kind in PER_CPU_KINDS:
            self.element_size = padded(handle.value_size) * possible_cpus()
        self._value = ctypes.create_string_buffer(max(self.element_size, 1))
        self._lookup = self._library.bpf_map_lookup_elem
        self._mapped: tuple[mmap.mmap, memoryview] | None = None
        self._buffers: Buffers | None = None

    def lookup(self, key: bytes) -> bytes | None:
        """Value under the key, or None."""
        if len(key) != self.key_size:
            self._check(key, self.key_size, "key")
        result = self._lookup(self.fd, key, self._value)
        if result == 0:
            return self._value.raw
        if result == -errno.ENOENT:
            return None
        raise self._failure("lookup", result)

    def update(self, key: bytes, value: bytes, flags: int = 0) -> None:
        """Write one element."""
        self._check(key, self.key_size, "key")
        self._check(value, self.element_size, "value")
        result = self._library.bpf_map_update_elem(self.fd, key, value, flags)
        if result != 0:
            raise self._failure("update", result)

    def delete(self, key: bytes) -> bool:
        """Remove one element; False where there was none."""
        self._check(key, self.key_size, "key")
        result = self._library.bpf_map_delete_elem(self.fd, key)
        if result not in (0, -errno.ENOENT):
            raise self._failure("delete", result)
        return bool(result == 0)

    def items(self) -> list[tuple[bytes, bytes]]:
        """The whole map, in the kernel's order."""
        found = self._items_by_batch()
        return found if found is not None else list(self._items_by_key())

    def update_batch(self, keys: bytes, values: bytes, count: int) -> None:
        """Write `count` elements from concatenated keys and values."""
        self._check(keys, self.key_size * count, "keys")
        self._check(values, self.element_size * count, "values")
        if count == 0:
            return
        done = ctypes.c_uint32(count)
        result = self._library.bpf_map_update_batch(self.fd, keys, values, ctypes.byref(done), None)
        if -result in NOT_SUPPORTED:
            for index in range(count):
                self.update(
                    _part(keys, index, self.key_size), _part(values, index, self.element_size)
                )
        elif result != 0:
            raise self._failure(f"update of element {done.value} of {count}", result)

    def delete_batch(self, keys: bytes, count: int) -> None:
        """Remove `count` elements; a key that is absent is passed over."""
        self._check(keys, self.key_size * count, "keys")
        position = 0
        while position < count:
            done = ctypes.c_uint32(count - position)
            result = self._library.bpf_map_delete_batch(
                self.fd, keys[position * self.key_size :], ctypes.byref(done), None
            )
            if -result in NOT_SUPPORTED:
                self.delete(_part(keys, position, self.key_size))
                done.value = 0
            elif result not in (0, -errno.ENOENT):
                raise self._failure("delete", result)
            position += done.value + (result != 0)

    def clear(self) -> None:
        """Remove all elements; an array's become zero."""
        if self._mappable:
            np.frombuffer(self.memory(), np.uint8)[:] = 0
        elif self.kind in ARRAY_KINDS:
            self._clear_array()
        else:
            keys = [key for key, _value in self.items()]
            self.delete_batch(b"".join(keys), len(keys))

    def memory(self) -> memoryview:
        """The elements, shared with the kernel."""
        if self._mapped is None:
            size = padded(self.value_size) * self.max_entries
            try:
                mapped = mmap.mmap(self.fd, size)
            except (OSError, ValueError) as error:
                number = error.errno if isinstance(error, OSError) and error.errno else errno.EINVAL
                raise MapError(self.name, "mmap", number) from None
            self._mapped = mapped, memoryview(mapped)
        return self._mapped[1]

    def release(self) -> None:
        """Unmap the memory. Views of it that are still held keep theirs until they go."""
        if self._mapped is not None:
            self._mapped[1].release()
            self._mapped = None

    def _clear_array(self) -> None:
        room = self._batch_room()
        zeros = bytes(self.element_size * room)
        for first in range(0, self.max_entries, room):
            count = min(room, self.max_entries - first)
            keys = np.arange(first, first + count, dtype=np.uint32).tobytes()
            self.update_batch(keys, zeros[: self.element_size * count], count)

    def _items_by_batch(self) -> list[tuple[bytes, bytes]] | None:
        """The whole map in large pieces; None where the kernel has no batches for its kind."""
        room = self._batch_room()
        keys, values, token = self._batch_buffers(room)
        found: list[tuple[bytes, bytes]] = []
        count = ctypes.c_uint32()
        start: ctypes.Array[ctypes.c_char] | None = None
        result = 0
        while result == 0:
            count.value = room
            result = self._library.bpf_map_lookup_batch(
                self.fd, start, token, keys, values, ctypes.byref(count), None
            )
            if -result in NOT_SUPPORTED or result == -errno.ENOSPC:
                # ENOSPC: a hash bucket holds more than there is room for.
                return None
            if result not in (0, -errno.ENOENT):
                raise self._failure("batch lookup", result)
            found += self._split(keys, values, count.value)
            start = token
        return found

    def _batch_buffers(self, room: int) -> Buffers:
        """Room for keys, values and where a batch left off; a megabyte is slow to make anew."""
        if self._buffers is None:
            self._buffers = (
                ctypes.create_string_buffer(room * self.key_size),
                ctypes.create_string_buffer(room * self.element_size),
                ctypes.create_string_buffer(max(TOKEN_BYTES, self.key_size)),
            )
        return self._buffers

    def _batch_room(self) -> int:
        fitting = BATCH_BYTES // (self.key_size + self.element_size)
        return min(max(fitting, SMALLEST_BATCH), max(self.max_entries, 1))

    def _split(
        self, keys: ctypes.Array[ctypes.c_char], values: ctypes.Array[ctypes.c_char], count: int
    ) -> list[tuple[bytes, bytes]]:
        all_keys = ctypes.string_at(keys, count * self.key_size)
        all_values = ctypes.string_at(values, count * self.element_size)
        return [
            (_part(all_keys, index, self.key_size), _part(all_values, index, self.element_size))
            for index in range(count)
        ]

    def _items_by_key(self) -> Iterator[tuple[bytes, bytes]]:
        key: bytes | None = None
        buffer = ctypes.create_string_buffer(self.key_size)
        while True:
            result = self._library.bpf_map_get_next_key(self.fd, key, buffer)
            if result == -errno.ENOENT:
                return
            if result != 0:
                raise self._failure("walk", result)
            key = buffer.raw
            value = self.lookup(key)
            if value is not None:
                yield key, value

    def _check(self, data: bytes, size: int, what: str) -> None:
        """The kernel would read beyond the end of what is too short."""
        if len(data) != size:
            raise MapError(
                self.name, f"{what} of {len(data)} instead of {size} bytes", errno.EINVAL
            )

    def _failure(self, action: str, result: int) -> MapError:
        if -result == errno.E2BIG and action.startswith("update"):
            action = f"{action} (full at {self.max_entries} elements, or index beyond the end)"
        return MapError(self.name, action, -result)


def possible_cpus() -> int:
    """How many values an element of a per-CPU map has."""
    return int(library().libbpf_num_possible_cpus())


def padded(size: int) -> int:
    """Bytes that the kernel gives to a value in memory that it shares or splits by CPU."""
    return (size + 7) // 8 * 8


def _part(data: bytes, index: int, size: int) -> bytes:
    return data[index * size : (index + 1) * size]
