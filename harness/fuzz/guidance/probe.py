"""Which branches of the in-kernel program a case takes: the same case once more, with counters.

The datapath that is fuzzed stays the one that ships: what is counted is another build of the same
source, loaded beside it and driven alone. So both loaders are guided alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from harness.coverage.counters import CountedSubject, open_counted
from harness.coverage.novelty import BUCKET_BITS
from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.fuzz.guidance.feature import branch_feature, pair_feature
from harness.kernel.loader import MapOptions
from harness.step import START_CLOCK, ClockStep, CollectStep, OperationStep, PacketStep, Scenario
from harness.subject import OperationError
from model.domain.reason import Reason


class Reached(NamedTuple):
    """What one packet reached: branches by number, and features."""

    branches: frozenset[int]
    features: frozenset[int]


KNOWN_WAYS: Final = 256
"""Most packets take the same few ways, and what a way means takes long to tell."""

NOTHING: Final = Reached(frozenset(), frozenset())


class Probe:
    """An instrumented datapath and its counters. Raises what `open_counted` raises."""

    def __init__(self, bench: Bench, source: Path, options: MapOptions) -> None:
        self.counted: CountedSubject = open_counted(bench, source, options)
        self.branches = int(self.counted.counters.values.size)
        self.told = lru_cache(maxsize=KNOWN_WAYS)(self.tell)

    def reached_by(self, scenario: Scenario, reasons: Sequence[Reason | None]) -> Iterator[Reached]:
        """What each step of a scenario reaches; `reasons` are those that the model gave."""
        subject, counters = self.counted.subject, self.counted.counters
        now = START_CLOCK
        subject.reset()
        subject.set_clock(now)
        try:
            subject.apply(scenario.topology)
            for step, reason in zip(scenario.steps, reasons, strict=True):
                found = NOTHING
                match step:
                    case PacketStep(packet):
                        counters.clear()
                        subject.process(packet)
                        found = self.reached(reason)
                    case ClockStep(advance):
                        now += advance
                        subject.set_clock(now)
                    case OperationStep(operations):
                        subject.apply(operations)
                    case CollectStep():
                        subject.collect()
                yield found
        except OperationError:
            return

    def reached(self, reason: Reason | None) -> Reached:
        """Branches that the last packet took, alone and together with its reason."""
        return self.told(self.counted.counters.values.tobytes(), reason)

    def tell(self, counts: bytes, reason: Reason | None) -> Reached:
        """What counts mean, as they are in memory, for a packet that ended for a reason."""
        values = np.frombuffer(counts, np.int64)
        taken = np.flatnonzero(values)
        buckets = BUCKET_BITS.take(values[taken], mode="clip")
        branches = taken.tolist()
        pairs = zip(branches, buckets.tolist(), strict=True)
        found = {branch_feature(branch, bucket) for branch, bucket in pairs}
        if reason is not None:
            found.update(pair_feature(reason, branch) for branch in branches)
        return Reached(frozenset(branches), frozenset(found))


def open_probe(bench: Bench, source: Path, options: MapOptions) -> tuple[Probe | None, str]:
    """The probe, or why there is none: an object without source, another compiler."""
    try:
        return Probe(bench, source, options), ""
    except UserError as error:
        return None, str(error)
