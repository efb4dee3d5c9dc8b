"""Few cases that reach what many do: minimising, merging and importing corpora."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from harness.datapath.bench import Bench
from harness.fuzz.corpus.store import case_files, save_case
from harness.fuzz.explorer import Explorer
from harness.fuzz.settings import Settings
from harness.scenario.load import load_scenarios
from harness.step import OperationStep, Scenario, Step

PIECE: Final = 64
"""Steps of a case that is cut out of something longer, a capture for instance."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A case, and everything that it reaches on both sides. `diverges`: it is a finding."""

    scenario: Scenario
    path: Path | None
    features: frozenset[int]
    diverges: bool = False


class Measure:
    """Runs cases on the datapath and its instrumented build. Raises what Bench.open raises."""

    def __init__(self, bench: Bench, settings: Settings) -> None:
        self.explorer = Explorer(bench, settings)

    def __call__(self, scenario: Scenario, path: Path | None = None) -> Measured:
        """What a case reaches; nothing where it cannot be carried out."""
        done = self.explorer.repeat(0, scenario)
        diverges = done.walked.divergence is not None
        return Measured(scenario, path, frozenset(done.features), diverges)


def few(cases: Iterable[Measured]) -> list[Measured]:
    """Cases that together reach all that is reached: each time the one that adds most.

    Of equals the one with fewer steps, then the first.
    """
    rest = sorted(cases, key=lambda one: len(tuple(one.scenario.steps)))
    chosen: list[Measured] = []
    reached: set[int] = set()
    while rest:
        best = max(rest, key=lambda one: len(one.features - reached))
        if best.features <= reached:
            return chosen
        chosen.append(best)
        reached |= best.features
        rest = [one for one in rest if not one.features <= reached]
    return chosen


def minimise(measure: Measure, queue: Path) -> tuple[int, int]:
    """Remove the cases of a queue that the others make superfluous; how many there were and are.

    A case that diverges stays: it is worth more than what it reaches.
    """
    measured = [measure(one, file) for file in case_files(queue) for one in load_scenarios(file)]
    kept = {one.path for one in few(measured)} | {one.path for one in measured if one.diverges}
    for one in measured:
        if one.path is not None and one.path not in kept:
            one.path.unlink(missing_ok=True)
    return len(measured), len(kept)


def add_new(measure: Measure, queue: Path, cases: Iterable[Scenario]) -> tuple[int, int]:
    """Add those cases to a queue that reach something new; how many there were, and were added."""
    known: set[int] = set()
    for file in case_files(queue):
        for scenario in load_scenarios(file):
            known |= measure(scenario).features
    count = added = 0
    for case in cases:
        count += 1
        found = measure(case)
        if found.diverges or not found.features <= known:
            known |= found.features
            save_case(queue, case)
            added += 1
    return count, added


def pieces(scenario: Scenario) -> Iterator[Scenario]:
    """A scenario as cases: cut into short ones, each with the operations of those before it."""
    steps = iter(scenario.steps)
    before: list[Step] = []
    while part := list(islice(steps, PIECE)):
        yield replace(scenario, name="case", steps=(*before, *map(bare, part)))
        before += (bare(step) for step in part if isinstance(step, OperationStep))


def bare(step: Step) -> Step:
    """A step without where it was written and what its author expects."""
    changes: dict[str, object] = {"origin": ""}
    if hasattr(step, "expectation"):
        changes |= {"expectation": None, "note": ""}
    return replace(step, **changes)  # type: ignore[arg-type] # fields by name
