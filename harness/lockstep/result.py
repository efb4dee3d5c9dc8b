"""What a run in lockstep has shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from harness.compare.difference import Difference
from harness.step import Scenario, Step
from harness.subject import FailedCall, Prediction
from model.domain.packet import Outcome
from model.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Divergence:
    """Two sides that do not agree.

    `index` counts the scenario's steps from 0; the step is None where the difference was found in
    the whole state after the last one. `prediction` and `outcome` are there for packets, and
    `counted_reason`, the reason that the subject counted, where it can be told. `reference` is what
    reports call the side that is right. `failed_call` is the packet's call that was made to fail.
    """

    scenario: Scenario
    subject: str
    index: int
    step: Step | None
    differences: tuple[Difference, ...]
    prediction: Prediction | None = None
    outcome: Outcome | None = None
    counted_reason: Reason | None = None
    reference: str = "model"
    failed_call: FailedCall | None = None


Way = tuple[Reason, tuple[tuple[str, str], ...]]
"""How a packet went: its reason, and clause and words of each note in order."""


@dataclass(slots=True)
class RunResult:
    """Sums over scenarios.

    `packets` counts those that were compared; `refused` the others, by the reason. `clauses` counts
    packets that agreed by clause id, `reasons` by reason name; both are told from `ways`, which
    counts them by all that the reference said, when a scenario is through. Transactions and runs
    of the collector count among `clauses` too. `misses` counts scenarios whose near miss held.
    `evicted` counts entries that full tables have evicted (CT-12), `failed_calls` packets by the
    call into the kernel that was made to fail.
    `failures` counts scenarios that could not be carried out to their end: an operation that
    fails, a damaged capture.
    """

    scenarios: int = 0
    steps: int = 0
    packets: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    divergences: list[Divergence] = field(default_factory=list)
    clauses: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    ways: Counter[Way] = field(default_factory=Counter)
    evicted: int = 0
    failed_calls: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    seconds: float = 0.0

    def tell_ways(self) -> None:
        """Count clauses and reasons of the ways: once, for a result of one scenario."""
        for (reason, notes), packets in self.ways.items():
            self.reasons[reason.name.lower()] += packets
            for clause in {clause for clause, _ in notes}:
                self.clauses[clause] += packets

    def add(self, other: RunResult) -> None:
        """Add another result's sums to this one."""
        self.scenarios += other.scenarios
        self.steps += other.steps
        self.packets += other.packets
        self.refused.update(other.refused)
        self.divergences += other.divergences
        self.clauses.update(other.clauses)
        self.misses.update(other.misses)
        self.reasons.update(other.reasons)
        self.ways.update(other.ways)
        self.evicted += other.evicted
        self.failed_calls.update(other.failed_calls)
        self.failures += other.failures
        self.seconds += other.seconds


def all_compared(results: Collection[RunResult]) -> bool:
    """Whether packets were compared in each of the results, and there are any results."""
    return bool(results) and all(result.packets for result in results)
