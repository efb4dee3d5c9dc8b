"""Suite `tester`: import of a large capture, start of the command line, the whole main job.

`tester/make-run` and `tester/make-test` take minutes and are measured only where they are named.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Final

from harness.bench.capture import write_capture
from harness.bench.measurement import Measurement
from harness.bench.steps import REPOSITORY, SCENARIO
from harness.errors import UserError

CAPTURE_BYTES: Final = 1 << 30
STARTS: Final = 5
LONGEST_START: Final = 2.0
"""Seconds from nothing to a verdict on one scenario, with a warm build cache."""

MOST_GROWTH: Final = 32.0
"""Megabytes that reading all of a capture may take beyond reading a hundredth of it."""

WALK: Final = """
import re, sys
from pathlib import Path
from time import perf_counter
from harness.sources import Source
begin = perf_counter()
count = sum(1 for one in Source(Path(sys.argv[1]), is_capture=True).scenarios() for _ in one.steps)
kilobytes = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]
print(count, perf_counter() - begin, int(kilobytes) / 1024)
"""
TWINPATH: Final = (sys.executable, "-m", "harness.commands.main")


def tester(
    chooses: Callable[[str], bool], advance: Callable[[str], None], named: bool = False
) -> Iterator[Measurement]:
    """Everything that is chosen; what takes minutes only where something is `named`."""
    if chooses("import"):
        advance("a capture of 1 GB is imported")
        yield from imported(CAPTURE_BYTES)
    if chooses("start"):
        advance("start of the command line")
        yield from started()
    for target in ("run", "test"):
        if named and chooses(f"make-{target}"):
            advance(f"make {target}")
            seconds = run(("make", target))
            yield Measurement(f"tester/make-{target}", "s", seconds, seconds, noise=0.2)


def imported(size: int) -> Iterator[Measurement]:
    """Packets per second, and memory beyond what a hundredth of the capture takes."""
    _, _, base = walk_capture(size // 100)
    count, seconds, most = walk_capture(size)
    yield Measurement(
        "tester/import/packets", "1/s", count / seconds, count / seconds, 0.1, more_is_better=True
    )
    yield Measurement("tester/import/seconds", "s", seconds, seconds, 0.1)
    yield Measurement(
        "tester/import/memory-growth", "MB", max(most - base, 0), most, 0.1, limit=MOST_GROWTH
    )


def walk_capture(size: int) -> tuple[int, float, float]:
    """Steps of a capture of that size, seconds and megabytes, in a process of its own.

    The capture has no name, so that none is left behind. Raises UserError.
    """
    with tempfile.TemporaryFile() as capture:
        write_capture(capture, size)
        capture.flush()
        number = capture.fileno()
        path = f"/proc/self/fd/{number}"
        output = output_of((sys.executable, "-c", WALK, path), (number,))
    steps, seconds, most = output.split()
    return int(steps), float(seconds), float(most)


def started() -> Iterator[Measurement]:
    """Seconds of `twinpath run` on one scenario, and of the CPU's time that it takes."""
    times, cpu = [], []
    for _ in range(STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(run((*TWINPATH, "run", str(SCENARIO))))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    for name, found, limit in (("start", times, LONGEST_START), ("start-cpu", cpu, None)):
        noise = max(median(found) / min(found) - 1, 0.01)
        yield Measurement(f"tester/{name}", "s", min(found), median(found), noise, limit=limit)


def run(arguments: tuple[str, ...]) -> float:
    """Seconds that a command takes. Raises UserError where it fails."""
    begin = perf_counter()
    output_of(arguments)
    return perf_counter() - begin


def output_of(arguments: tuple[str, ...], descriptors: tuple[int, ...] = ()) -> str:
    """What a command prints. Raises UserError where it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands, no shell
        arguments,
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        pass_fds=descriptors,
    )
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise UserError(f"{' '.join(arguments[-2:])} failed, so it is not measured: {lines[-1]}")
    return done.stdout.decode("utf-8", "replace")
