"""The counters of a loaded instrumented object: memory that the kernel writes and we read."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.coverage.build import CoverageBuild, build_instrumented
from harness.coverage.instrument import SECTION
from harness.coverage.symbols import counter_offsets
from harness.datapath.bench import SOURCE, Bench
from harness.datapath.sizes import TEST_MAPS
from harness.datapath.subject import KernelSubject
from harness.kernel.errors import ObjectError
from harness.kernel.interface import LoadedObject
from harness.kernel.loader import LoaderName, MapOptions

COUNTER_BYTES: Final = 8


class BranchCounters:
    """Every branch counter of one loaded object, without a system call.

    `values` is a view, of shape (n,), on memory that the programs count in: it changes with each
    packet, and is of no use once the object is closed. A counter belongs to one place of the
    source, whichever of the inlined copies (two hooks, two families) came by. Increments are not
    atomic: packets have to run on one CPU, as those of a bench do.

    Raises ObjectError where the object has not the build's counters, MapError where the kernel does
    not share their memory.
    """

    def __init__(self, loaded: LoadedObject, build: CoverageBuild) -> None:
        if SECTION not in loaded.maps:
            raise ObjectError(f"{build.object}: has no counters", "build it again")
        self.build = build
        memory = loaded.maps[SECTION].memory()
        count = sum(function.counters for function in build.functions)
        if len(memory) != count * COUNTER_BYTES:
            raise ObjectError(
                f"{build.object}: has other counters than its table", "build it again"
            )
        self.values: NDArray[np.uint64] = np.frombuffer(memory, np.uint64)
        self._bytes = memory
        self._zeros = bytes(len(memory))

    def clear(self) -> None:
        """Set all to 0 (about 0.1 us)."""
        self._bytes[:] = self._zeros


class CountedSubject(NamedTuple):
    """An instrumented datapath to drive, its counters, and those of its siblings.

    Siblings are the same datapath with other tables (harness.subject.Subject.resized);
    `all_counters` grows as they are loaded and begins with `counters`.
    """

    subject: KernelSubject
    counters: BranchCounters
    all_counters: list[BranchCounters]

    def total(self) -> NDArray[np.uint64]:
        """What subject and siblings have counted together, of shape (n,)."""
        total = np.zeros_like(self.counters.values)
        for one in self.all_counters:
            total += one.values
        return total


def open_counted(
    bench: Bench, source: Path = SOURCE, options: MapOptions = TEST_MAPS
) -> CountedSubject:
    """Build a C source with counters (once; then it is in the cache) and load it at a bench.

    The bench closes it. A guided campaign looks at the counters after each packet:

        with Bench() as bench:
            counted = open_counted(bench)
            subject, values = counted.subject, counted.counters.values
            seen = SeenCounts(values.size)
            ...
            counted.counters.clear()                  # before what is to be told apart
            subject.process(packet)
            if seen.add(values):                      # NOTHING, NEW_COUNT or NEW_BRANCH
                keep(packet)

    `subject.reset` and control-plane operations run no program and leave the counters alone.

    Raises MissingToolError, CompileError, CacheError, and what Bench.open raises.
    """
    build = build_instrumented(source)
    counters: list[BranchCounters] = []
    subject = bench.open(
        build.object,
        LoaderName.LIBBPF,
        options._replace(mappable=(*options.mappable, SECTION)),
        lambda subject: counters.append(BranchCounters(subject.loaded, build)),
    )
    return CountedSubject(subject, counters[0], counters)


def counts_by_function(
    values: NDArray[np.uint64], build: CoverageBuild
) -> dict[str, NDArray[np.uint64]]:
    """Each function's part of all counters, by the name of its counters.

    The object's symbols say which part that is. Raises ObjectError.
    """
    offsets = counter_offsets(build.object)
    missing = [one.name for one in build.functions if one.symbol not in offsets]
    if missing:
        raise ObjectError(f"{build.object}: has no counters of {missing[0]}", "build it again")
    starts = {one: offsets[one.symbol] // COUNTER_BYTES for one in build.functions}
    return {one.symbol: values[start : start + one.counters] for one, start in starts.items()}
