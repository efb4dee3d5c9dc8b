"""Runs scenarios by one loader into the store, and looks into what diverges."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from harness.errors import UserError
from harness.findings import Circumstances, Finding, investigate, note
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.report.progress import RunProgress
from harness.step import Scenario
from harness.store.recorder import Recorder
from harness.subject import Subject

LOOKED_INTO: Final = 40
"""Divergences that are shortened; where there are more, these tell enough."""


class Found(NamedTuple):
    """A divergence: its number in the store, and a scenario file that shows it."""

    number: int
    scenario: Path


class Watch:
    """One loader's part of a gate. The first divergences are looked into, all are kept."""

    def __init__(
        self, subject: Subject, circumstances: Circumstances, recorder: Recorder, save: Path
    ) -> None:
        self.lockstep = Lockstep(ModelReference(), subject)
        self.circumstances = circumstances
        self.recorder = recorder
        self.save = save
        self.found: list[Found] = []
        self.failures: list[str] = []
        self.problems: list[str] = []
        self.total = RunResult()
        self.interrupted = False
        self._progress: RunProgress | None = None

    def run(self, scenarios: Iterable[Scenario], progress: RunProgress) -> None:
        """Run scenarios; Ctrl-C ends it with what there is."""
        self._progress = progress
        progress.loader(self.circumstances.loader)
        listener = Listener(progress.step, self._diverged, self._failed, self._done)
        session = Session(self.lockstep, listener)
        self.recorder.watch(self.lockstep)
        session.run(scenarios)
        self.total.add(session.total)
        self.interrupted = self.interrupted or session.interrupted

    def _diverged(self, divergence: Divergence) -> None:
        with self.recorder.looking_into(self.lockstep):
            number = self.recorder.note(divergence)
            if len(self.found) >= LOOKED_INTO:
                self.found.append(Found(number, Path(divergence.scenario.path)))
                return
            finding = self._look_into(divergence)
            self._keep(number, finding)
            self.recorder.found(number, finding, self.lockstep)

    def _look_into(self, divergence: Divergence) -> Finding:
        """Shortened and saved; as it was found where Ctrl-C comes meanwhile."""
        if self._progress is not None:
            self._progress.say(f"{divergence.scenario.name} diverges; looking for the shortest way")
        try:
            return investigate(self.lockstep, divergence, self.save, self.circumstances)
        except KeyboardInterrupt:
            note(self.lockstep, divergence, self.save, self.circumstances)
            raise

    def _keep(self, number: int, finding: Finding) -> None:
        path = finding.scenario_file
        self.found.append(Found(number, path or Path(finding.divergence.scenario.path)))
        if finding.problem:
            self.problems.append(finding.problem)

    def _failed(self, scenario: Scenario, error: UserError) -> None:
        self.recorder.failed(scenario, error)
        self.failures.append(str(error))
        if self._progress is not None:
            self._progress.scenario_done()

    def _done(self, scenario: Scenario, result: RunResult) -> None:
        self.recorder.done(scenario, result)
        if self._progress is not None:
            self._progress.scenario_done()
