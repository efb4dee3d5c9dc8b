"""Exit codes, the same as pytest's."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell gets to know. 0 is said only of comparisons that took place and agreed."""

    AGREEMENT = 0
    DIVERGENCE = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    USAGE = 4
    NOTHING_COMPARED = 5
