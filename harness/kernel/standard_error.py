"""What C libraries print on standard error, caught instead of shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

STANDARD_ERROR: Final = 2


class Captured:
    """Text that was printed, complete when the `with` block is left."""

    text = ""


@contextmanager
def captured_standard_error() -> Iterator[Captured]:
    """Catch everything written to file descriptor 2, by C code too.

    Applies to the whole process: nothing else may want to print meanwhile.
    """
    captured = Captured()
    sys.stderr.flush()
    saved = os.dup(STANDARD_ERROR)
    memory = os.memfd_create("standard error")
    os.dup2(memory, STANDARD_ERROR)
    try:
        yield captured
    finally:
        sys.stderr.flush()
        os.dup2(saved, STANDARD_ERROR)
        captured.text = _contents(memory)
        os.close(memory)
        os.close(saved)


def _contents(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read().decode("utf-8", "replace")
