"""Maps through bcc's table objects, as a tool written with bcc would use them.

Element access goes through `bcc.table`; whole-map access, which there is a generator per element,
goes by file descriptor like everything else.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

from harness.kernel import abi
from harness.kernel.libbpf_object import MapHandle
from harness.kernel.maps import KernelMap, padded

TABLE_CLASSES: Final = {
    abi.BPF_MAP_TYPE_HASH: "HashTable",
    abi.BPF_MAP_TYPE_LRU_HASH: "LruHash",
    abi.BPF_MAP_TYPE_LPM_TRIE: "LpmTrie",
    abi.BPF_MAP_TYPE_ARRAY: "Array",
    abi.BPF_MAP_TYPE_PERCPU_ARRAY: "PerCpuArray",
    abi.BPF_MAP_TYPE_PERCPU_HASH: "PerCpuHash",
    abi.BPF_MAP_TYPE_LRU_PERCPU_HASH: "LruPerCpuHash",
}
"""bcc's class for each kind of map."""

_NOT_A_TABLE_OF_ITS: Final = 0
"""The table number given to bcc: maps made by someone else have none."""


class BccMap(KernelMap):
    """A map behind a bcc table. See interface.Map. `module` is the `bcc.BPF` it belongs to."""

    def __init__(self, handle: MapHandle, module: Any) -> None:
        super().__init__(handle)
        self._table = _table(handle, module)
        self._key_type = self._table.Key
        self._leaf_type = self._table.Leaf
        self._is_array = handle.kind in abi.ARRAY_KINDS

    def lookup(self, key: bytes) -> bytes | None:
        """Value under the key, or None."""
        self._check(key, self.key_size, "key")
        try:
            return bytes(self._table[self._key_type.from_buffer_copy(key)])
        except (KeyError, IndexError):
            return None

    def update(self, key: bytes, value: bytes, flags: int = 0) -> None:
        """Write one element. bcc's tables know no flags: with some, not through the table."""
        self._check(key, self.key_size, "key")
        self._check(value, self.element_size, "value")
        if flags:
            super().update(key, value, flags)
            return
        leaf = self._leaf_type.from_buffer_copy(value)
        try:
            self._table[self._key_type.from_buffer_copy(key)] = leaf
        except Exception:  # bcc raises nothing more precise
            raise self._failure("update", -ctypes.get_errno()) from None

    def delete(self, key: bytes) -> bool:
        """Remove one element; False where there was none."""
        if self._is_array:
            # bcc writes zeros instead, which would not be what the kernel does.
            return super().delete(key)
        self._check(key, self.key_size, "key")
        try:
            del self._table[self._key_type.from_buffer_copy(key)]
        except KeyError:
            return False
        return True


def has_table(handle: MapHandle) -> bool:
    """Whether bcc has a table class for maps of this kind."""
    return handle.kind in TABLE_CLASSES


def _table(handle: MapHandle, module: Any) -> Any:
    from bcc import table  # noqa: PLC0415 (bcc is optional, and slow to import)

    is_array = handle.kind in abi.ARRAY_KINDS
    is_per_cpu = handle.kind in abi.PER_CPU_KINDS
    key_type = ctypes.c_uint32 if is_array else ctypes.c_uint8 * handle.key_size
    leaf_bytes = padded(handle.value_size) if is_per_cpu else handle.value_size
    made = getattr(table, TABLE_CLASSES[handle.kind])(
        module, _NOT_A_TABLE_OF_ITS, handle.fd, key_type, ctypes.c_uint8 * leaf_bytes, handle.name
    )
    made.max_entries = handle.max_entries
    return made
