"""Writes down what a session finds, as it finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.errors import UserError
from harness.findings import Circumstances, Finding
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import up_to
from harness.lockstep.result import Divergence, RunResult
from harness.report.divergence import Reproduction
from harness.step import PacketStep, Scenario
from harness.store.evidence import clause_of, family_of_step, record_of, timeline
from harness.store.family import NONE, family_of
from harness.store.records import (
    ClauseCount,
    DivergenceRecord,
    ReasonCount,
    Refusal,
    ScenarioResult,
    ScenarioStatus,
    TimelineEntry,
)
from harness.store.writer import RunWriter
from harness.subject import Prediction, Refused
from model.domain.packet import Outcome
from model.domain.reason import Reason

Way = tuple[str, Reason, tuple[str, ...]]
"""Family, reason and clauses of a packet."""


class Recorder:
    """One loader's part of a run, written to a store.

    `watch` has to be called before each session; then the recorder sees every packet of the
    lockstep. `done`, `failed` and `found` are for the session's listener.
    """

    def __init__(self, writer: RunWriter, circumstances: Circumstances) -> None:
        self.writer = writer
        self.circumstances = circumstances
        self.loader = circumstances.loader
        self.found_divergences: list[tuple[int, Divergence]] = []
        self._ways: Counter[Way] = Counter()
        self._packets = self._refused = 0
        self._last: Way | None = None
        self._scenario = ""

    def watch(self, lockstep: Lockstep) -> None:
        """See every packet of a lockstep from now on."""
        lockstep.observer = self._observe

    @contextmanager
    def looking_into(self, lockstep: Lockstep) -> Iterator[None]:
        """Within this the lockstep runs steps that belong to no scenario of the run."""
        lockstep.observer = None
        try:
            yield
        finally:
            lockstep.observer = self._observe

    def note(self, divergence: Divergence) -> int:
        """Write a divergence down at once, before anybody looks into it; its number."""
        scenario = divergence.scenario
        replay = self.circumstances.command("run", scenario.path, "--filter", scenario.name)
        finding = Finding(divergence, Reproduction(0, 0), replay)
        clause = ClauseCount(
            self.loader, family_of_step(divergence.step), clause_of(divergence), diverged=1
        )
        self._scenario = scenario.name
        number = self.writer.divergence(self._record(finding, ()))
        self.writer.clauses([clause] if clause.clause else [])
        return number

    def found(self, number: int, finding: Finding, lockstep: Lockstep) -> None:
        """Tell a divergence anew: shortened, run again, with the time line of its steps."""
        steps = timeline(lockstep, finding.divergence)
        self.writer.replace_divergence(number, self._record(finding, steps))
        self.found_divergences.append((number, up_to(finding.divergence)))

    def done(self, scenario: Scenario, result: RunResult) -> None:
        """Write down a scenario that is through."""
        diverges = bool(result.divergences)
        status = ScenarioStatus.DIVERGES if diverges else ScenarioStatus.AGREES
        told = replace(
            self._result(scenario, status),
            steps=result.steps,
            packets=result.packets,
            refused=result.refused.total(),
            evicted=result.evicted,
            seconds=result.seconds,
        )
        if any(one.prediction is not None for one in result.divergences) and self._last:
            self._ways[self._last] -= 1
        refusals = [Refusal(self.loader, *one) for one in sorted(result.refused.items())]
        clauses = self._clauses(scenario, result)
        self.writer.scenario(told, clauses, self._reasons(), refusals)
        self._clear()

    def failed(self, scenario: Scenario, error: UserError) -> None:
        """Write down a scenario that could not be carried out."""
        told = replace(
            self._result(scenario, ScenarioStatus.FAILED),
            packets=self._packets,
            refused=self._refused,
            message=str(error),
        )
        self.writer.scenario(told)
        self._clear()

    def _observe(
        self, step: PacketStep, prediction: Prediction | None, _outcome: Outcome | Refused
    ) -> None:
        if prediction is None:
            self._refused += 1
            return
        self._packets += 1
        clauses = tuple([note[0] for note in prediction.notes])
        self._last = way = (family_of(step.packet.data), prediction.reason, clauses)
        self._ways[way] += 1

    def _record(self, finding: Finding, steps: tuple[TimelineEntry, ...]) -> DivergenceRecord:
        """A finding under the name of its scenario: shortened it has another."""
        return replace(record_of(finding, self.loader, steps), scenario=self._scenario)

    def _result(self, scenario: Scenario, status: ScenarioStatus) -> ScenarioResult:
        family = scenario.family.name.lower() if scenario.family is not None else "both"
        return ScenarioResult(self.loader, scenario.name, scenario.path, family, status)

    def _clauses(self, scenario: Scenario, result: RunResult) -> list[ClauseCount]:
        """Packets by clause and family; what no packet met belongs to no family."""
        own = NONE if scenario.family is None else scenario.family.name.lower()
        misses = () if result.divergences else scenario.misses
        agreed: Counter[tuple[str, str]] = Counter()
        for (family, _, clauses), packets in self._ways.items():
            for clause in set(clauses):
                agreed[family, clause] += packets
        told: Counter[str] = Counter()
        for (_, clause), packets in agreed.items():
            told[clause] += packets
        for clause, packets in result.clauses.items():
            if packets > told[clause]:
                agreed[NONE, clause] += packets - told[clause]
        missed = {(own, clause) for clause in misses}
        return [
            ClauseCount(self.loader, *place, agreed[place], misses=int(place in missed))
            for place in sorted({*agreed, *missed})
            if agreed[place] or place in missed
        ]

    def _reasons(self) -> list[ReasonCount]:
        reasons: Counter[tuple[str, str]] = Counter()
        for (family, reason, _), packets in self._ways.items():
            reasons[family, reason.name.lower()] += packets
        return [
            ReasonCount(self.loader, *place, packets)
            for place, packets in sorted(reasons.items())
            if packets
        ]

    def _clear(self) -> None:
        self._ways.clear()
        self._packets = self._refused = 0
        self._last = None
