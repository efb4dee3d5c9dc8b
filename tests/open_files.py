"""What this process has open, for tests of what gives back what it takes."""

from __future__ import annotations

import gc
from pathlib import Path


def open_files() -> int:
    """How many descriptors are open.

    What finished tests have left to the collector is given back first: it would go at any moment, a
    netlink exception's maps for one.
    """
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))
