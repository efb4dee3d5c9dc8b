"""Two runs side by side: what has become better or worse by more than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from harness.bench.measurement import Measurement, Results

LEAST_CHANGE: Final = 0.02
"""A share. Exact counts that grow by more are a regression, and so are times beyond their noise."""


ROUNDING: Final = 1e-9
COMPILER: Final = "clang"
KERNEL: Final = "kernel"
OF_THE_VERIFIER: Final = frozenset({"translated", "verified", "states", "stack"})
"""Counts that the running kernel has a say in; it changes instructions while it loads them."""


class Verdict(Enum):
    """What a change means."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both runs. `growth` and `allowed` are shares of the old value."""

    name: str
    unit: str
    old: float
    new: float
    growth: float
    allowed: float
    more_is_better: bool

    @property
    def verdict(self) -> Verdict:
        """Whether the growth is more than is allowed, and for the better or worse."""
        if abs(self.growth) <= self.allowed + ROUNDING:
            return Verdict.SAME
        return Verdict.BETTER if (self.growth > 0) is self.more_is_better else Verdict.WORSE


def compare(old: Results, new: Results) -> Iterator[Change]:
    """What both runs have, in the order of the new one.

    Times that are known in look-ups or insertions of their own run are compared so: how fast the
    machine was that day cancels out.
    """
    before = old.by_name()
    for one in new.measurements:
        if one.name in before and is_comparable(one, old.machine, new.machine):
            yield change(before[one.name], one)


def is_comparable(one: Measurement, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether two machines can be expected to count the same.

    Another compiler makes other programs, and another kernel's verifier looks at them otherwise.
    """
    if not one.is_exact:
        return True
    if old.get(COMPILER) != new.get(COMPILER):
        return False
    of_verifier = one.name.rpartition("/")[2] in OF_THE_VERIFIER
    return not of_verifier or old.get(KERNEL) == new.get(KERNEL)


def change(old: Measurement, new: Measurement) -> Change:
    """One figure."""
    before, after = old.value, new.value
    if old.relative is not None and new.relative is not None:
        before, after = old.relative, new.relative
    growth = after / before - 1 if before else float(after != before)
    allowed = max(LEAST_CHANGE, old.noise + new.noise)
    return Change(new.name, new.unit, old.value, new.value, growth, allowed, new.more_is_better)


def exact_only(results: Results) -> Results:
    """The counts, which any machine with the same kernel and compiler repeats."""
    counts = tuple(one for one in results.measurements if one.is_exact)
    return Results(results.machine, counts)
