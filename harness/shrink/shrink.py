"""The shrinker: same kind, same field, same clause, in the shortest, canonical form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

from harness.compare.difference import Kind
from harness.lockstep.engine import Lockstep
from harness.lockstep.extract import latest_steps, related_steps
from harness.lockstep.reproduce import (
    MAXIMUM_STEPS,
    Run,
    Signature,
    is_long,
    signature,
    up_to,
    with_steps,
)
from harness.lockstep.result import Divergence
from harness.shrink.drop_steps import drop_steps
from harness.shrink.ends import tell_ends_apart
from harness.shrink.family import to_ipv4
from harness.shrink.flows import retell
from harness.shrink.gaps import simplify_gaps
from harness.shrink.operations import simplify_operations
from harness.shrink.packets import simplify_packets
from harness.shrink.rename import rename
from harness.shrink.repeat import repeat_packets
from harness.shrink.search import Search, runs_towards
from harness.shrink.stand_in import use_plain_things
from harness.step import Scenario, Step

PASSES: Final[tuple[Callable[[Search], None], ...]] = (
    drop_steps,
    simplify_operations,
    to_ipv4,
    simplify_packets,
    tell_ends_apart,
    use_plain_things,
    retell,
    repeat_packets,
    simplify_gaps,
    rename,
)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What shrinking gave: the scenario, its divergence, and what it took in runs and seconds."""

    scenario: Scenario
    divergence: Divergence
    runs: int
    seconds: float


def shrink(
    scenario: Scenario,
    divergence: Divergence,
    run: Run,
    parts: Sequence[Sequence[Step]] = (),
) -> Shrunk:
    """Bring a scenario that ends in a divergence down to its shortest, canonical form.

    `run` gives the first divergence of a scenario that starts from an empty state. `parts` are
    steps out of the scenario's that are likely to do alone, the likeliest first; of more than
    MAXIMUM_STEPS steps nothing else is tried. Where nothing simpler does, the divergence is given
    back as it is.

    An author's expectation is right or wrong of the scenario as it was written: a divergence of
    that kind keeps all steps. With others the expectations go, but for what the first run said.
    """
    begin = perf_counter()
    found = up_to(replace(divergence, scenario=scenario))
    search = Search(run, found)
    if search.wanted.kind is not Kind.EXPECTATION and start(search, parts):
        simplify(search)
        opinions = tuple(
            replace(one, where=f"as written, {one.where}")
            for one in divergence.differences
            if one.kind is Kind.EXPECTATION
        )
        found = replace(
            search.best,
            scenario=named(search.best.scenario, search.wanted),
            differences=search.best.differences + opinions,
        )
    return Shrunk(found.scenario, found, search.runs, perf_counter() - begin)


def named(scenario: Scenario, wanted: Signature) -> Scenario:
    """The scenario under the name of what it shows; where it came from is its path."""
    words = (wanted.kind.value, wanted.field, wanted.clause)
    name = "-".join(re.sub(r"[^a-z0-9]+", "-", word.lower()) for word in words if word)
    return replace(scenario, name=name, description="", clauses=(), misses=())


def start(search: Search, parts: Sequence[Sequence[Step]]) -> bool:
    """Whether the divergence comes about again, with a part of the steps or with all."""
    if any(part and search.attempt(with_steps(search.scenario, part)) for part in parts):
        return True
    return not is_long(search.best) and search.attempt(search.scenario)


def simplify(search: Search) -> None:
    """Pass after pass, until none makes it simpler."""
    before = None
    while before is not search.best and not search.is_exhausted:
        before = search.best
        for one in PASSES:
            one(search)


def shrink_in(lockstep: Lockstep, divergence: Divergence) -> Shrunk:
    """Shrink a divergence that a lockstep has found, the steps that touch the same entries first.

    Of more than MAXIMUM_STEPS steps those are tried, then the last ones.
    """
    parts: list[list[Step]] = []
    if signature(divergence).kind is not Kind.EXPECTATION:
        parts = [related_steps(lockstep, divergence)]
        if is_long(divergence):
            parts.append(latest_steps(divergence, MAXIMUM_STEPS // 2))
    run = runs_towards(lockstep, signature(divergence))
    return shrink(divergence.scenario, divergence, run, parts)
