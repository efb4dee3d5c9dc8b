"""Files that exist in memory only: whatever kills the process leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class MemoryFile:
    """A file without a name. `path` leads to it within this process and those it starts."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.path = Path(f"/proc/self/fd/{descriptor}")


@contextmanager
def memory_file(data: bytes) -> Iterator[MemoryFile]:
    """A file with these contents, which is gone afterwards."""
    descriptor = os.memfd_create("twinpath", 0)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        yield MemoryFile(descriptor)
    finally:
        os.close(descriptor)
