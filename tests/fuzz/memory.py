"""What a long campaign takes of memory: it has to stay flat, however many steps it does."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from harness.fuzz.campaign import Campaign, Limits, Listener, Progress
from harness.fuzz.pool.local import LocalPool
from harness.fuzz.settings import Settings

LOOKS: Final = 10
"""How often a campaign is looked at."""


class Sample(NamedTuple):
    """Steps done, and what campaign and workers hold by then, in MB."""

    steps: int
    megabytes: float


def resident(pid: int) -> float:
    """What a process holds in memory, in MB (proc(5), statm)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def sampled(settings: Settings, steps: int, workers: int) -> list[Sample]:
    """A campaign of so many steps, looked at from time to time."""
    pool = LocalPool(settings, workers)
    samples: list[Sample] = []

    def look(progress: Progress) -> None:
        done = progress.tally.steps
        if done >= (len(samples) + 1) * steps // LOOKS:
            pids = [os.getpid(), *(one.process.process.pid for one in pool.workers)]
            samples.append(Sample(done, sum(resident(pid) for pid in pids)))

    try:
        Campaign(pool, Limits(steps=steps), Listener(ticked=look)).run()
    finally:
        pool.close()
    return samples


def growth(samples: list[Sample]) -> float:
    """MB per million steps in the second half, when all that is made once is there."""
    late = samples[len(samples) // 2 :]
    steps = sum(after.steps - before.steps for before, after in pairwise(late))
    return (late[-1].megabytes - late[0].megabytes) / steps * 1e6
