"""A ring buffer map, read through shared memory (Documentation/bpf/ringbuf.rst)."""

from __future__ import annotations

import errno
import mmap
import struct
from typing import Final

from harness.kernel.errors import MapError

BUSY: Final = 1 << 31
"""In a record's length: its program has not submitted it yet."""

DISCARDED: Final = 1 << 30
HEADER_BYTES: Final = 8

_LENGTH = struct.Struct("=I")


class KernelRing:
    """Reader of one ring buffer. See interface.RingReader.

    The first page holds how far the reader is, the second how far the writers are; then come the
    data, mapped twice in a row, so that no record is ever split. The positions only ever grow.
    Run and drain by one thread: the system call between them orders the memory accesses.

    The writers wake a reader that has caught up, which costs more than the rest of a test run. So
    the space that was read is given back late: while a part of it looks unread, no one is woken.
    """

    def __init__(self, name: str, fd: int, size: int) -> None:
        self._size = size
        self._give_back = size // 4
        try:
            self._reader = mmap.mmap(fd, mmap.PAGESIZE)
            self._writer = mmap.mmap(
                fd, mmap.PAGESIZE + 2 * size, access=mmap.ACCESS_READ, offset=mmap.PAGESIZE
            )
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) and error.errno else errno.EINVAL
            raise MapError(name, "mmap of the ring buffer", number) from None
        self._consumed = memoryview(self._reader).cast("Q")
        self._produced = memoryview(self._writer)[:8].cast("Q")
        self._data = memoryview(self._writer)[mmap.PAGESIZE :]
        self._position: int = self._consumed[0]

    def drain(self) -> list[bytes]:
        """All records since the last call, oldest first."""
        end = self._produced[0]
        if end == self._position:
            return []
        return self._read_to(end)

    def close(self) -> None:
        """Unmap. Safe to call twice."""
        for view in (self._consumed, self._produced, self._data):
            view.release()
        self._reader.close()
        self._writer.close()

    def _read_to(self, end: int) -> list[bytes]:
        records: list[bytes] = []
        position = self._position
        while position < end:
            offset = position % self._size
            (length,) = _LENGTH.unpack_from(self._data, offset)
            if length & BUSY:
                break
            size = length & ~DISCARDED
            start = offset + HEADER_BYTES
            if not length & DISCARDED:
                records.append(self._data[start : start + size].tobytes())
            position += (HEADER_BYTES + size + 7) // 8 * 8
        self._position = position
        if position - self._consumed[0] >= self._give_back:
            self._consumed[0] = position
        return records
