"""Keys of arrays and of hashes by a number: one word in the machine's order."""

from __future__ import annotations

import sys

import numpy as np


def index_key(index: int) -> bytes:
    """Key of one element."""
    return index.to_bytes(4, sys.byteorder)


def index_of(key: bytes) -> int:
    """Element of a key."""
    return int.from_bytes(key, sys.byteorder)


def index_keys(first: int, count: int) -> bytes:
    """Keys of a stretch of elements, one behind the other."""
    return np.arange(first, first + count, dtype=np.uint32).tobytes()
