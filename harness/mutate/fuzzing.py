"""Fuzzing one mutant: generated rounds, and variations of the scenarios about its clauses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from time import monotonic
from typing import Final

from harness.compare.difference import Kind
from harness.compare.strictness import without
from harness.fuzz.corpus.variation import Variations, vary_topology
from harness.fuzz.focus import wanted_features
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import draw_swarm
from harness.fuzz.generate.topology import draw_topology
from harness.fuzz.round import Source, Walk
from harness.fuzz.settings import ROUND_STEPS
from harness.fuzz.traffic.stream import Stream
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.mutate.gate import kill_of
from harness.mutate.result import Kill
from harness.step import Scenario
from harness.subject import Reference, Subject
from model.domain.limits import UNLIMITED
from model.domain.operation import Operation

SEED: Final = 1
NEAR: Final = 24
"""So many of the likeliest scenarios are varied."""

CASES: Final = 4
"""Scenarios that one round mixes."""

CLAUSES: Final = 4
"""So many of the closest clauses are sought."""


class Fuzzer:
    """Rounds about one mutant; their order is settled, how many there are is up to the time."""

    def __init__(
        self, lockstep: Lockstep, scenarios: Sequence[Scenario], clauses: Sequence[str]
    ) -> None:
        self.lockstep = lockstep
        self.near = [one for one in scenarios if one.limits == UNLIMITED][:NEAR]
        self.wanted = wanted_features(tuple(clauses[:CLAUSES]))

    def round(self, number: int) -> tuple[Divergence | None, int]:
        """One round's divergence, and its steps. Odd ones vary scenarios."""
        dice = Dice(SEED, number)
        topology, source = self.begin(dice, varies=number % 2 == 1 and bool(self.near))
        walked = Walk(self.lockstep, source, topology).run(ROUND_STEPS)
        return walked.divergence, len(walked.steps)

    def begin(self, dice: Dice, varies: bool) -> tuple[tuple[Operation, ...], Source]:
        """Topology and steps."""
        swarm = draw_swarm(dice, self.wanted)
        if not varies:
            topology = draw_topology(dice, swarm)
            return topology, Stream(dice, swarm, topology)
        cases = [dice.pick(self.near) for _ in range(CASES)]
        topology = vary_topology(dice, swarm, cases[0].topology)
        return topology, Variations(dice, Stream(dice, swarm, topology), cases)


def fuzz(
    reference: Reference,
    subject: Subject,
    scenarios: Sequence[Scenario],
    clauses: Sequence[str],
    seconds: float,
) -> Kill | None:
    """What so many seconds of fuzzing find, as a kill.

    Authors' expectations hold of scenarios as they were written, not of variations.
    """
    lockstep = Lockstep(reference, subject, without(Kind.EXPECTATION))
    fuzzer = Fuzzer(lockstep, scenarios, clauses)
    deadline, steps = monotonic() + seconds, 0
    for number in count():
        if monotonic() >= deadline:
            return None
        divergence, done = fuzzer.round(number)
        steps += done
        if divergence is not None:
            return kill_of(divergence, steps, f"fuzzing, round {number}, seed {SEED}")
    return None
