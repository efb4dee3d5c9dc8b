"""Leaves out steps: halves, quarters, down to single ones."""

from __future__ import annotations

from harness.shrink.search import Search


def drop_steps(search: Search) -> None:
    """Leave out runs of steps of half the length, a quarter, down to single ones that are left."""
    size = len(search.steps) // 2
    while size:
        shorter = drop_runs_of(search, size)
        if size > 1 or not shorter:
            size //= 2


def drop_runs_of(search: Search, size: int) -> bool:
    """Try to do without each run of so many steps, last ones first; whether one could be spared.

    The last step is where the divergence shows: it stays, unless it is one of many of its kind.
    """
    shorter, end = False, len(search.steps)
    while end > 0 and not search.is_exhausted:
        steps = search.steps
        begin = max(end - size, 0)
        if search.attempt_steps(steps[:begin] + steps[end:]):
            shorter = True
            end = min(begin, len(search.steps))
        else:
            end = begin
    return shorter
