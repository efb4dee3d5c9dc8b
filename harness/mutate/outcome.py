"""A campaign with its review: what is told, and what the shell gets to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.mutate.catalogue import all_mutants
from harness.mutate.mutant import Mutant, Side
from harness.mutate.result import Class, Result
from harness.mutate.review import Review, names_of, stale
from harness.mutate.score import Judged, score_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """Mutants with results, out of a population; `stale` are lines about the review."""

    judged: tuple[Judged, ...]
    population: int
    stale: tuple[str, ...]
    interrupted: bool

    @property
    def unexplained(self) -> list[Judged]:
        """Survivors without a reviewed reason."""
        return [
            one for one in self.judged if one.result.status is Class.SURVIVED and not one.reason
        ]

    def reaches(self, percent: float) -> bool:
        """Whether so many were killed and every survivor has its reason."""
        return score_of(self.judged).share * 100 >= percent and not self.unexplained


def outcome_of(
    drawn: Sequence[Mutant],
    population: int,
    results: Mapping[str, Result],
    review: Review,
    sides: Sequence[Side],
) -> Outcome:
    """Results held against a review of the sides' survivors."""
    names = names_of(one for side in sides for one in all_mutants(side))
    judged = tuple(
        Judged(
            one,
            results[one.identifier],
            review.reasons.get(names[one.identifier], ""),
            names[one.identifier] in review.equivalent,
        )
        for one in drawn
        if one.identifier in results
    )
    lines = tuple(stale(review, names, results))
    return Outcome(judged, population, lines, len(judged) < len(drawn))
