"""Runs a divergence again, to see whether it comes about each time and with which steps alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from harness.compare.difference import Kind
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.step import Scenario, Step

Signature = tuple[Kind, str]

MAXIMUM_STEPS = 20_000
"""Longer ways to a divergence are not shortened step by step, only replayed."""

MAXIMUM_RUNS = 400


def signature(divergence: Divergence) -> Signature:
    """What makes two divergences the same: kind and field of the first difference."""
    first = divergence.differences[0]
    return first.kind, first.field


def steps_of(divergence: Divergence) -> list[Step]:
    """The steps up to the divergence, as a list of their own."""
    return list(islice(iter(divergence.scenario.steps), divergence.index + 1))


def with_steps(scenario: Scenario, steps: Sequence[Step]) -> Scenario:
    """The scenario with other steps."""
    return replace(scenario, steps=tuple(steps))


def run_again(lockstep: Lockstep, scenario: Scenario) -> Divergence | None:
    """The scenario's first divergence now; None where it agrees or cannot be carried out."""
    try:
        found = lockstep.run(scenario).divergences
    except UserError:
        return None
    return found[0] if found else None


def count_reproductions(lockstep: Lockstep, divergence: Divergence, tries: int) -> int:
    """How many of so many runs end in the same divergence."""
    scenario = with_steps(divergence.scenario, steps_of(divergence))
    wanted = signature(divergence)
    runs = (run_again(lockstep, scenario) for _ in range(tries))
    return sum(1 for found in runs if found is not None and signature(found) == wanted)


def shorten(lockstep: Lockstep, divergence: Divergence) -> Divergence:
    """The same divergence with as few steps as dropping runs of them gives.

    Halves, then quarters, down to single steps are left out as long as the divergence stays the
    same; at most MAXIMUM_RUNS runs.
    """
    steps = steps_of(divergence)
    if len(steps) > MAXIMUM_STEPS:
        return divergence
    best, wanted, runs = divergence, signature(divergence), 0
    size = len(steps) // 2
    while size >= 1 and runs < MAXIMUM_RUNS:
        begin = 0
        while begin < len(steps) and runs < MAXIMUM_RUNS:
            fewer = steps[:begin] + steps[begin + size :]
            found = run_again(lockstep, with_steps(divergence.scenario, fewer))
            runs += 1
            if found is not None and signature(found) == wanted:
                best, steps = found, fewer[: found.index + 1]
            else:
                begin += size
        size //= 2
    return best
