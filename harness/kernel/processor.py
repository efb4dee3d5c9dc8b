"""Keeping to one CPU: per-CPU counters, rate limits and LRU lists are each CPU's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pinned_to_one_cpu() -> Iterator[int]:
    """Keep the calling thread on one CPU, the lowest that it may use; gives its number."""
    allowed = os.sched_getaffinity(0)
    chosen = min(allowed)
    os.sched_setaffinity(0, {chosen})
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, allowed)
