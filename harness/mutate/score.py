"""What a campaign adds up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from harness.mutate.interval import Interval, wilson
from harness.mutate.matrix import ROWS
from harness.mutate.mutant import Mutant
from harness.mutate.result import Class, Result


@dataclass(frozen=True, slots=True)
class Judged:
    """One mutant, what became of it, and for a survivor the reason that a review gives.

    `equivalent`: by that reason nothing can kill it.
    """

    mutant: Mutant
    result: Result
    reason: str = ""
    equivalent: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants were killed of those that count."""

    killed: int
    counted: int

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where nothing counts."""
        return self.killed / self.counted if self.counted else 1.0

    def interval(self, population: int | None) -> Interval | None:
        """Where the share of the whole population is likely to be; None of nothing."""
        return wilson(self.killed, self.counted, population) if self.counted else None


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One row of the kill matrix: on how many killed mutants it was measured, and how many go."""

    name: str
    measured: int
    lost: int


def score_of(judged: Iterable[Judged]) -> Score:
    """The score of some mutants."""
    counted = [one.result.status for one in judged if one.result.status.counts]
    return Score(sum(status is not Class.SURVIVED for status in counted), len(counted))


def score_of_others(judged: Iterable[Judged]) -> Score:
    """The score without survivors that by their review no packet can tell from the original."""
    return score_of(
        one for one in judged if not (one.equivalent and one.result.status is Class.SURVIVED)
    )


def scores_by(judged: Iterable[Judged], attribute: str) -> Mapping[str, tuple[Score, int]]:
    """Scores, and how many mutants there are, by the operator or file of the mutants."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(getattr(one.mutant, attribute), []).append(one)
    return {name: (score_of(group), len(group)) for name, group in sorted(groups.items())}


def classes(judged: Iterable[Judged]) -> Counter[Class]:
    """How many mutants there are of each class."""
    return Counter(one.result.status for one in judged)


class Pace(NamedTuple):
    """Medians of all kills: seconds in all, of that comparing, and steps in all scenarios."""

    seconds: float
    comparing: float
    steps: float


def pace_of(judged: Iterable[Judged]) -> Pace | None:
    """How quickly mutants were killed; None where none was."""
    killed = [(one.result, one.result.kill) for one in judged if one.result.kill is not None]
    if not killed:
        return None
    return Pace(
        median(result.seconds for result, _ in killed),
        median(result.gate_seconds for result, _ in killed),
        median(kill.steps for _, kill in killed if kill is not None),
    )


def means(judged: Iterable[Judged]) -> Counter[str]:
    """What found mutants out: scenarios, properties, fuzzing."""
    return Counter(one.result.kill.means for one in judged if one.result.kill is not None)


def kinds(judged: Iterable[Judged]) -> Counter[str]:
    """By which comparison mutants were found, counting each mutant under its first difference."""
    return Counter(one.result.kill.kinds[0] for one in judged if one.result.kill is not None)


def matrix(judged: Iterable[Judged]) -> list[MatrixLine]:
    """The kill matrix, as far as it was measured."""
    results = [one.result for one in judged if one.result.kill is not None]
    lines = []
    for row in ROWS:
        known = [one.matrix[row.name] for one in results if row.name in one.matrix]
        if known:
            lines.append(MatrixLine(row.name, len(known), known.count(False)))
    return lines
