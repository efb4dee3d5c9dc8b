"""What a mutant has to get through: the corpora in lockstep, the likeliest killers first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path

from harness.compare.describe import value_words
from harness.compare.strictness import EVERYTHING, Strictness
from harness.lockstep.claims import ClaimError, check_claims
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.mutate.result import Kill, Means
from harness.sources import find_sources
from harness.step import Scenario
from harness.subject import Reference, Subject
from model.domain.limits import UNLIMITED

CLAIM = "claim"
"""Beside the kinds of comparisons, what a kill by a claim is counted under."""

CLAUSE_WEIGHTS = (100, 40, 20, 10)
"""What a scenario's clauses are worth by their place among those of the mutant; 1 further on."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Two subjects and the scenarios that they run."""

    reference: Reference
    subject: Subject

    def pass_through(
        self, scenarios: Iterable[Scenario], strictness: Strictness = EVERYTHING
    ) -> tuple[Kill | None, int]:
        """The first divergence as a kill, or None; and how many packets were compared.

        With everything compared, what scenarios claim to be about is looked at too.
        """
        lockstep = Lockstep(self.reference, self.subject, strictness)
        total = RunResult()
        for scenario in scenarios:
            result = lockstep.run(scenario)
            total.add(result)
            if result.divergences:
                return kill_of(result.divergences[0], total.steps), total.packets
            kill = broken_claim(scenario, result, total.steps) if strictness == EVERYTHING else None
            if kill is not None:
                return kill, total.packets
        return None, total.packets


def broken_claim(scenario: Scenario, result: RunResult, steps: int) -> Kill | None:
    """A scenario whose claims the reference's notes do not bear out, as a kill."""
    try:
        check_claims(scenario, result.clauses)
    except ClaimError as error:
        evidence, clauses = evidence_of(scenario.path), ", ".join(error.clauses)
        return Kill(scenario.name, evidence, result.steps, steps, (CLAIM,), f"claims {clauses}")
    return None


def kill_of(divergence: Divergence, steps: int, by: str = "") -> Kill:
    """A divergence as the record of a kill; `by` names the round of a fuzzer, if it was one."""
    first = divergence.differences[0]
    return Kill(
        by or divergence.scenario.name,
        "" if by else evidence_of(divergence.scenario.path),
        divergence.index + 1,
        steps,
        tuple(dict.fromkeys(one.kind.value for one in divergence.differences)),
        f"{first.where}.{first.field}: {value_words(first.expected)} expected, "
        f"{value_words(first.actual)} found",
        Means.FUZZING if by else Means.SCENARIO,
    )


def load_gate(paths: Iterable[Path]) -> list[Scenario]:
    """All scenarios below some paths, in an order that is broad from the beginning on.

    Folders take turns: the first scenario of each, then the second. Those with calls that fail, or
    tables of another size, come last, since the datapath is loaded anew for them. Raises UserError.
    """
    folders: dict[Path, list[Scenario]] = {}
    for source in find_sources(paths):
        if not source.is_capture:
            folders.setdefault(source.path.parent, []).extend(source.scenarios())
    rounds = zip_longest(*folders.values())
    found = [one for together in rounds for one in together if one is not None]
    return sorted(found, key=lambda one: (one.limits != UNLIMITED, one.failing_calls))


def likeliest_first(scenarios: list[Scenario], clauses: tuple[str, ...]) -> list[Scenario]:
    """Scenarios about the clauses of a mutant first, those about the closest ones before."""
    weights = {
        clause: CLAUSE_WEIGHTS[place] if place < len(CLAUSE_WEIGHTS) else 1
        for place, clause in enumerate(clauses)
    }
    return sorted(scenarios, key=lambda one: -sum(weights.get(c, 0) for c in set(one.clauses)))


@cache
def evidence_of(path: str) -> str:
    """A digest of a scenario's file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
