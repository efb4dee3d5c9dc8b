"""Keeping to one CPU: per-CPU counters, rate limits and LRU lists are each CPU's own."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pinned_to_one_cpu() -> Iterator[int]:
    """Keep the calling thread on one CPU, the one that it is on; gives its number.

    The scheduler has put it where there is room, so that several runs at once spread out. No
    result depends on which CPU it is.
    """
    allowed = os.sched_getaffinity(0)
    current: int = ctypes.CDLL(None).sched_getcpu()
    chosen = current if current in allowed else min(allowed)
    os.sched_setaffinity(0, {chosen})
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, allowed)
