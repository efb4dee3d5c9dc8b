"""How many elements an LRU hash keeps, found out by filling one.

Kernels evict in batches: when the CPU's own free list has run out and the common one holds less
than a batch, the rest of the batch is evicted. Its size depends on the kernel, on the map's size
and the number of CPUs; no call tells it.
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct
from typing import Final

from harness.kernel import abi
from harness.kernel.errors import MapError
from harness.kernel.interface import Map
from harness.kernel.libbpf import library

LARGEST_BATCH: Final = 128
"""No kernel evicts more at once: LOCAL_FREE_TARGET in its bpf_lru_list.c."""

MEASURED_UP_TO: Final = 8 * LARGEST_BATCH
"""Of larger maps a batch is a small part: they are taken to evict the largest."""

KEY: Final = struct.Struct("=I")
VALUE: Final = bytes(8)
NAME: Final = "of a trial"


def kept(table: Map) -> int | None:
    """So many elements stay in a map whatever is put into it; None for kinds that evict nothing."""
    is_lru = table.kind == abi.BPF_MAP_TYPE_LRU_HASH
    return kept_elements(table.max_entries) if is_lru else None


@functools.cache
def kept_elements(max_entries: int) -> int:
    """So many elements stay in an LRU hash of this size, whatever is put into it.

    Only an update that finds more of them can evict, down to so many at most. Holds for a map that
    is written on one CPU. Raises MapError.
    """
    if max_entries > MEASURED_UP_TO:
        return max_entries - LARGEST_BATCH
    fd = create_lru_hash(max_entries)
    try:
        return max_entries - measure_batch(fd, max_entries)
    finally:
        os.close(fd)


def create_lru_hash(max_entries: int) -> int:
    """A map's file descriptor. Raises MapError."""
    attribute = abi.MapCreateAttribute(
        kind=abi.BPF_MAP_TYPE_LRU_HASH,
        key_size=KEY.size,
        value_size=len(VALUE),
        max_entries=max_entries,
    )
    fd = abi.bpf(abi.BPF_MAP_CREATE, attribute)
    if fd < 0:
        raise MapError(NAME, f"creation with {max_entries} elements", -fd)
    return fd


def measure_batch(fd: int, max_entries: int) -> int:
    """What an empty LRU hash makes room for at once: elements that it evicts or has free."""
    for number in range(max_entries + 1):
        put(fd, number)
        if not contains(fd, 0):  # the oldest goes first
            evicted = sum(not contains(fd, one) for one in range(number))
            return min(evicted + max_entries - number, max_entries)
    return max_entries


def put(fd: int, number: int) -> None:
    """Put an element. Raises MapError."""
    result = library().bpf_map_update_elem(fd, KEY.pack(number), VALUE, 0)
    if result:
        raise MapError(NAME, "update", -result)


def contains(fd: int, number: int) -> bool:
    """Whether an element is there; looking does not make it younger."""
    value = ctypes.create_string_buffer(len(VALUE))
    return bool(library().bpf_map_lookup_elem(fd, KEY.pack(number), value) == 0)
