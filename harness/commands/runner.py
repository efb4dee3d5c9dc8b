"""Runs scenarios by one loader, and says at once what comes up on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rich.text import Text

from harness.capture.statistics import CaptureStatistics
from harness.commands.options import named_object
from harness.errors import UserError
from harness.findings import Circumstances, Finding, investigate, note
from harness.kernel.interface import LoaderName
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.report.captures import CaptureReport
from harness.report.console import complain, err, out
from harness.report.progress import RunProgress
from harness.step import Scenario
from harness.store.database import StoreError
from harness.store.recorder import Recorder
from harness.subject import Subject

SCREENS = 10
"""Divergences that are shown in full; of further ones only the replay line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options say."""

    object_path: Path
    save: Path
    fail_fast: bool
    verbose: bool
    as_json: bool
    seed: int
    store: Path | None = None
    coverage: bool = False


@dataclass(slots=True)
class Report:
    """What a run has shown: figures by loader, divergences, what became of captures.

    `interrupted`: Ctrl-C came before the end.
    """

    results: dict[str, RunResult] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    captures: CaptureReport = field(default_factory=CaptureReport)
    interrupted: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether nothing has gone wrong so far."""
        return not self.findings and not any(one.failures for one in self.results.values())


class Runner:
    """Runs scenarios on one subject and adds to a report, and to the store of a `recorder`."""

    def __init__(
        self,
        subject: Subject,
        loader: LoaderName,
        settings: Settings,
        report: Report,
        progress: RunProgress,
    ) -> None:
        self.lockstep = Lockstep(ModelReference(), subject)
        self.circumstances = Circumstances(loader.value, named_object(settings.object_path))
        self.settings = settings
        self.report = report
        self.progress = progress
        self.recorder: Recorder | None = None

    def run(self, scenarios: list[Scenario]) -> None:
        """Run all scenarios, or with --fail-fast up to the first that diverges or fails."""
        loader = self.circumstances.loader
        self.progress.loader(loader)
        listener = Listener(self.progress.step, self.found, self.failed, self.done)
        session = Session(self.lockstep, listener)
        self.report.results[loader] = session.total
        if self.recorder is not None:
            self.recorder.watch(self.lockstep)
        session.run(scenarios, self.settings.fail_fast)
        self.report.interrupted = session.interrupted

    def found(self, divergence: Divergence) -> None:
        """Look into a divergence and show it at once: it must not be lost."""
        if self.recorder is None:
            self.look_into(divergence)
            return
        with self.recorder.looking_into(self.lockstep):
            try:
                number = self.recorder.note(divergence)
            except StoreError:
                self.look_into(divergence)  # shown and saved, whatever becomes of its record
                raise
            self.recorder.found(number, self.look_into(divergence), self.lockstep)

    def look_into(self, divergence: Divergence) -> Finding:
        """Shorten a divergence, save it and show it."""
        self.progress.say(f"{divergence.scenario.name} diverges; looking for the shortest way")
        arguments = self.lockstep, divergence, self.settings.save, self.circumstances
        try:
            finding = investigate(*arguments)
        except KeyboardInterrupt:
            self.show(note(*arguments))
            raise
        self.show(finding)
        return finding

    def show(self, finding: Finding) -> None:
        """Print a finding: in full, or after many others or the same one in a line."""
        known = next((one for one in self.report.findings if one.cause == finding.cause), None)
        if known is not None:
            known.count += 1
            self.say(f"the same again: {known.replay}")
            return
        self.report.findings.append(finding)
        console = err if self.settings.as_json else out
        with self.progress.aside():
            if finding.problem:
                complain(finding.problem)
            if len(self.report.findings) <= SCREENS:
                finding.show(console)
            else:
                name = finding.divergence.scenario.name
                console.print(Text(f"{name} diverges: {finding.replay}"), soft_wrap=True)

    def failed(self, scenario: Scenario, error: UserError) -> None:
        """A scenario could not be carried out."""
        if self.recorder is not None:
            self.recorder.failed(scenario, error)
        self.progress.scenario_done()
        with self.progress.aside():
            complain(str(error))

    def done(self, scenario: Scenario, result: RunResult) -> None:
        """A scenario is through."""
        if self.recorder is not None:
            self.recorder.done(scenario, result)
        self.progress.scenario_done()
        statistics = capture_statistics(scenario)
        if statistics is not None and scenario.path not in self.report.captures.by_path:
            self.report.captures.by_path[scenario.path] = statistics
            if self.settings.verbose:
                self.say(f"{scenario.path}: {'; '.join(statistics.lines())}")
        if self.settings.verbose:
            word = "diverges" if result.divergences else "agrees"
            figures = f"{result.steps:,} steps, {result.seconds * 1000:.0f} ms"
            self.say(f"{word}  {scenario.name}  {figures}")

    def say(self, words: str) -> None:
        """A line for people."""
        with self.progress.aside():
            err.print(Text(words), soft_wrap=True)


def capture_statistics(scenario: Scenario) -> CaptureStatistics | None:
    """What became of a capture's records; None for scenarios that are no captures."""
    if isinstance(scenario.steps, tuple):
        return None
    from harness.capture.load import statistics_of  # noqa: PLC0415 - quick start-up

    return statistics_of(scenario)
