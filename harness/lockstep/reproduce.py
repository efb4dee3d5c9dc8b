"""Runs a divergence again, to see whether it comes about each time and with which steps alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.compare.difference import Kind
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.extract import latest_steps, related_steps, steps_to
from harness.lockstep.result import Divergence
from harness.step import PacketStep, Scenario, Step

Signature = tuple[Kind, str]

MAXIMUM_STEPS = 20_000
"""So many steps are held in memory and shortened; of longer ways to a divergence a part."""

MAXIMUM_RUNS = 400
MAXIMUM_WORK = 2_000_000
"""Steps over all runs of one shortening; a minute or two."""


def signature(divergence: Divergence) -> Signature:
    """What makes two divergences the same: kind and field of the first difference."""
    first = divergence.differences[0]
    return first.kind, first.field


def is_long(divergence: Divergence) -> bool:
    """Whether there are more steps up to the divergence than are held in memory."""
    return divergence.index >= MAXIMUM_STEPS


def with_steps(scenario: Scenario, steps: Sequence[Step]) -> Scenario:
    """The scenario with other steps."""
    return replace(scenario, steps=tuple(steps))


def up_to(divergence: Divergence) -> Divergence:
    """The divergence without the steps behind it; a long one as it is."""
    if is_long(divergence):
        return divergence
    scenario = with_steps(divergence.scenario, tuple(steps_to(divergence)))
    return replace(divergence, scenario=scenario)


def run_again(lockstep: Lockstep, scenario: Scenario) -> Divergence | None:
    """The scenario's first divergence now; None where it agrees or cannot be carried out."""
    try:
        found = lockstep.run(scenario).divergences
    except UserError:
        return None
    return found[0] if found else None


def count_reproductions(lockstep: Lockstep, divergence: Divergence, tries: int) -> int:
    """How many of so many runs end in the same divergence."""
    wanted = signature(divergence)
    runs = (run_again(lockstep, divergence.scenario) for _ in range(tries))
    return sum(1 for found in runs if found is not None and signature(found) == wanted)


def shorten(lockstep: Lockstep, divergence: Divergence) -> Divergence:
    """The same divergence with as few steps as dropping runs of them gives.

    An author's expectation is right or wrong of the scenario as it was written: with a divergence
    of that kind all steps stay. With the others the expectations go, but for what the first run
    said of them. Of more than MAXIMUM_STEPS steps those that are related to the last packet are
    tried, or else the last ones; where neither do, the divergence is given back as it is.
    """
    if signature(divergence)[0] is Kind.EXPECTATION:
        return up_to(divergence)
    search = Search(lockstep, divergence)
    if not is_long(divergence):
        search.attempt(search.steps)
    elif not (
        search.attempt(related_steps(lockstep, divergence))
        or search.attempt(latest_steps(divergence, MAXIMUM_STEPS // 2))
    ):
        return divergence
    search.run()
    opinions = tuple(one for one in divergence.differences if one.kind is Kind.EXPECTATION)
    return replace(search.best, differences=search.best.differences + opinions)


def without_expectation(step: Step) -> Step:
    """A step that expects nothing."""
    return replace(step, expectation=None) if isinstance(step, PacketStep) else step


class Search:
    """The shortest way to a divergence that has been found so far."""

    def __init__(self, lockstep: Lockstep, divergence: Divergence) -> None:
        self.lockstep = lockstep
        self.wanted = signature(divergence)
        self.best = up_to(divergence)
        self.runs = 0
        self.work = 0

    @property
    def steps(self) -> list[Step]:
        """The steps of the shortest way."""
        return list(self.best.scenario.steps)

    def run(self) -> None:
        """Leave out halves, then quarters, down to single steps, those until none can be spared."""
        size = len(self.steps) // 2
        while size:
            shorter = self.leave_out_runs_of(size)
            if size > 1 or not shorter:
                size //= 2

    def leave_out_runs_of(self, size: int) -> bool:
        """Try to do without each run of so many steps; whether one could be spared."""
        shorter, begin = False, 0
        while begin < len(self.steps):
            if self.runs >= MAXIMUM_RUNS or self.work >= MAXIMUM_WORK:
                return False
            steps = self.steps
            if self.attempt(steps[:begin] + steps[begin + size :]):
                shorter = True
            else:
                begin += size
        return shorter

    def attempt(self, steps: Sequence[Step]) -> bool:
        """Whether these steps alone end in the same divergence; they are the best then."""
        if len(steps) > MAXIMUM_STEPS:
            return False
        self.runs += 1
        self.work += len(steps)
        quiet = [without_expectation(step) for step in steps]
        found = run_again(self.lockstep, with_steps(self.best.scenario, quiet))
        if found is None or signature(found) != self.wanted:
            return False
        self.best = up_to(found)
        return True
