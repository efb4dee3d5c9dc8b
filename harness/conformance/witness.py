"""Watches scenarios run in lockstep and writes down which clauses they speak for or against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from harness.conformance.evidence import Evidence
from harness.errors import UserError
from harness.lockstep.claims import ClaimError, is_about
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener, Session
from harness.step import PacketStep, Scenario
from harness.subject import Prediction, Refused
from model.clauses import NOT_NOTED
from model.domain.address import Family
from model.domain.packet import Outcome

ETHERTYPE: Final = slice(12, 14)
FAMILIES: Final = {b"\x08\x00": Family.IPV4, b"\x86\xdd": Family.IPV6}


class Witness:
    """Runs scenarios by one loader and adds what they show to the evidence.

    `name_of` gives the name under which a scenario's file is listed.
    """

    def __init__(
        self,
        lockstep: Lockstep,
        loader: str,
        evidence: Evidence,
        listener: Listener,
        name_of: Callable[[Scenario], str],
    ) -> None:
        self.loader = loader
        self.evidence = evidence
        self.listener = listener
        self.name_of = name_of
        self.noted: dict[Family | None, set[str]] = {}
        lockstep.observer = self.observe
        own = Listener(listener.progress, self.found, self.failed, self.done)
        self.session = Session(lockstep, own)

    def run(self, scenarios: Iterable[Scenario]) -> Session:
        """Run all scenarios; the session tells what became of them."""
        self.session.run(self.begun(scenarios))
        return self.session

    def begun(self, scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
        """The scenarios, notes forgotten before each."""
        for scenario in scenarios:
            self.noted = {}
            yield scenario

    def observe(
        self, step: PacketStep, prediction: Prediction | None, _outcome: Outcome | Refused
    ) -> None:
        """Take down which clauses a packet of a family met."""
        if prediction is not None:
            family = FAMILIES.get(step.packet.data[ETHERTYPE])
            met = {note.clause for note in prediction.notes}
            self.noted[family] = self.noted.get(family, set()) | met

    def families(self, scenario: Scenario) -> list[Family]:
        """The families that a scenario tells something about: its own, or its packets'."""
        if scenario.family is not None:
            return [scenario.family]
        return [family for family in Family if family in self.noted] or list(Family)

    def done(self, scenario: Scenario, result: RunResult) -> None:
        """A scenario is through; unless it diverged it speaks for what it met and missed."""
        if not result.divergences:
            with_packets = set().union(*self.noted.values())
            others = (result.clauses.keys() - with_packets) | self.noted.get(None, set())
            for family in self.families(scenario):
                self.speak_for(scenario, family, self.noted.get(family, set()) | others)
        self.listener.done(scenario, result)

    def speak_for(self, scenario: Scenario, family: Family, met: set[str]) -> None:
        """Add what a scenario has shown in one family."""
        name, cell = self.name_of(scenario), self.evidence.cell
        for clause in met:
            cell(clause, self.loader, family).met += 1
        for clause in scenario.clauses:
            if clause in met or (clause in NOT_NOTED and is_about(clause, family)):
                cell(clause, self.loader, family).hits.add(name)
        for clause in scenario.misses:
            if is_about(clause, family):
                cell(clause, self.loader, family).misses.add(name)

    def found(self, divergence: Divergence) -> None:
        """A divergence speaks against the clauses of its step, or else of the whole scenario."""
        prediction, step = divergence.prediction, divergence.step
        if prediction is not None and isinstance(step, PacketStep):
            family = FAMILIES.get(step.packet.data[ETHERTYPE])
            families = self.families(divergence.scenario) if family is None else [family]
            clauses: Iterable[str] = {note.clause for note in prediction.notes}
        else:
            families = self.families(divergence.scenario)
            clauses = divergence.scenario.clauses
        self.speak_against(divergence.scenario, families, clauses)
        self.listener.found(divergence)

    def failed(self, scenario: Scenario, error: UserError) -> None:
        """So does a claim that does not hold, and a scenario that cannot be carried out."""
        clauses = error.clauses if isinstance(error, ClaimError) else scenario.clauses
        self.speak_against(scenario, self.families(scenario), clauses)
        self.listener.failed(scenario, error)

    def speak_against(
        self, scenario: Scenario, families: Iterable[Family], clauses: Iterable[str]
    ) -> None:
        """Add a failure."""
        for family in families:
            for clause in clauses:
                self.evidence.cell(clause, self.loader, family).failures.add(scenario.name)
