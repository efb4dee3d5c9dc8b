"""Conducts a gate: one stage after the other, as far as time goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from harness.commands.options import REPOSITORY, named_object
from harness.commands.recording import Recording
from harness.datapath.bench import SOURCE, Bench
from harness.errors import NothingToCompareError, UserError
from harness.findings import Circumstances
from harness.gate import cost
from harness.gate.change import changed_lines
from harness.gate.clock import Clock
from harness.gate.fuzzing import Change, found_by_campaigns, fuzz_change
from harness.gate.known import Known
from harness.gate.limits import Limits, read_limits
from harness.gate.mutants import try_mutants
from harness.gate.outcome import NotRunError, Outcome, Stage, State
from harness.gate.properties import new_failures
from harness.gate.settings import Settings
from harness.gate.standing import Asked, Standings
from harness.gate.tree import Tree
from harness.gate.watch import Watch
from harness.kernel.interface import LoaderName
from harness.mutate.result import Class
from harness.report.progress import RunProgress
from harness.sources import find_sources
from harness.step import Scenario
from harness.store.reader import StoreReader

REGRESSIONS: Final = "regressions"
"""A folder of this name is run first: what has been wrong once."""

MUTANT_SECONDS: Final = 90.0
Words = Callable[[], str]


class Gate:
    """One gate. `scratch` is a folder that goes when the gate is over."""

    def __init__(self, settings: Settings, base: Tree, head: Tree, scratch: Path) -> None:
        self.settings = settings
        self.base, self.head, self.scratch = base, head, scratch
        self.clock = Clock(settings.seconds)
        self.known = Known(settings.known, settings.today)
        self.limits = Limits() if settings.limits is None else read_limits(settings.limits)
        self.changed = changed_lines(base, head)
        self.scenarios = self._read_scenarios()
        self.outcome = Outcome()
        self.watches: list[Watch] = []

    @property
    def is_own(self) -> bool:
        """Whether the head's datapath is the one of the repository that this program is in."""
        return self.head.source.resolve() == SOURCE.resolve()

    def run(self) -> Outcome:
        """Run every stage. Ctrl-C ends it with what there is. Raises UserError."""
        settings, outcome = self.settings, self.outcome
        source, loaders = self.head.source, list(settings.loaders)
        with Recording(settings.store, "gate", settings.seed, source, loaders) as recording:
            asked = Asked(self.base, self.scratch, self.clock)
            self.standings = Standings(recording.writer, self.known, asked)
            try:
                self._stages(recording)
            except KeyboardInterrupt:
                outcome.interrupted = True
            self._find_lines(recording)
            recording.end(outcome.interrupted or bool(outcome.missing))
            with StoreReader(settings.store) as reader:
                outcome.run = reader.run(recording.writer.number)
        self._tell()
        return outcome

    def _stages(self, recording: Recording) -> None:
        with Bench() as bench:
            self._stage("cost", lambda: self._cost(bench), needed=True)
            self._compare(bench, recording)
        self._judge()
        self._stage("properties", self._properties, needed=True)
        self._stage("mutants", self._mutants)
        self._stage("fuzz", self._fuzz)
        self._run_findings(recording)
        self._judge()

    def _stage(self, name: str, work: Words, needed: bool = False) -> None:
        """Run one stage that says in words what it has found, or why it is not run."""
        if name in self.settings.skip:
            self.outcome.stages.append(Stage(name, State.NOT_RUN, 0.0, "left out by --skip"))
            return
        begin = monotonic()
        self.clock.cut_short = False
        state, words = State.DONE, ""
        try:
            words = work()
        except NotRunError as error:
            state, words = State.NOT_RUN, str(error)
            needed = False
        if self.clock.cut_short:
            state = State.CUT_SHORT
        self.outcome.stages.append(Stage(name, state, monotonic() - begin, words, needed))

    def _cost(self, bench: Bench) -> str:
        sources = {"base": self.base.source, "head": self.head.source}
        try:
            measured = cost.measure(bench, sources)
        except UserError as error:
            measured = cost.measure(bench, {"head": self.head.source})
            self.outcome.notes.append(f"the base cannot be loaded ({error}): limits alone count")
        self.outcome.costs = list(cost.judge(measured["head"], measured.get("base"), self.limits))
        bad = sum(1 for one in self.outcome.costs if one.complaint)
        return f"{bad} of {len(self.outcome.costs)} figures too high"

    def _compare(self, bench: Bench, recording: Recording) -> None:
        """Regressions, then everything else, by each loader."""
        subjects = {name: bench.open(self.head.source, name) for name in self.settings.loaders}
        recording.costs(subjects)
        for name, subject in subjects.items():
            self.watches.append(
                Watch(subject, self._circumstances(name), recording.recorder(name), self.save)
            )
        old = [one for one in self.scenarios if REGRESSIONS in Path(one.path).parts]
        rest = [one for one in self.scenarios if REGRESSIONS not in Path(one.path).parts]
        self._stage(REGRESSIONS, lambda: self._lockstep(old), needed=True)
        self._stage("corpora", lambda: self._lockstep(rest), needed=True)
        recording.speeds({one.circumstances.loader: one.total for one in self.watches})

    def _lockstep(self, scenarios: list[Scenario]) -> str:
        if not scenarios:
            raise NotRunError("there are none")
        before = self._packets
        with RunProgress(len(scenarios)) as progress:
            for watch in self.watches:
                watch.run(self.clock.while_left(scenarios), progress)
                self._end_if_interrupted(watch)
        return f"{len(scenarios):,} scenarios, {self._packets - before:,} packets compared"

    def _end_if_interrupted(self, watch: Watch) -> None:
        if watch.interrupted:
            raise KeyboardInterrupt

    @property
    def _packets(self) -> int:
        return sum(one.total.packets for one in self.watches)

    def _judge(self) -> None:
        self.standings.judge({one.number: one.scenario for w in self.watches for one in w.found})

    def _properties(self) -> str:
        failing = new_failures(self.base, self.head, self.clock)
        self.outcome.failing += failing
        if self.clock.cut_short:
            return "there is no time for them"
        return f"{len(failing)} fail on the head alone"

    def _mutants(self) -> str:
        if not self.is_own:
            raise NotRunError("the head is not the repository that this program is in")
        if any(watch.found for watch in self.watches):
            raise NotRunError("where the sides differ anyway no mutant tells anything")
        clock = Clock(min(MUTANT_SECONDS, self.clock.left))
        session = self.scratch / "mutants.sqlite"
        paths = [one for one in self.settings.paths if one.is_relative_to(REPOSITORY)]
        trial = try_mutants(
            self.changed, paths or self.settings.paths, session, clock, self.settings.workers
        )
        if trial is None:
            raise NotRunError("no changed line has any")
        self.clock.cut_short = clock.cut_short
        self.outcome.survivors = trial.outcome.unexplained
        judged = [one for one in trial.outcome.judged if one.result.status is not Class.FAILED]
        return (
            f"{len(judged):,} of {trial.outcome.population:,} tried, "
            f"{len(self.outcome.survivors):,} survive without a reviewed reason"
        )

    def _fuzz(self) -> str:
        if self.standings.new():
            raise NotRunError("there is something to mend already")
        own = [one for one in self.scenarios if isinstance(one.steps, tuple)]
        about = Change(self.head, self.changed, own)
        return fuzz_change(about, self.settings, self.clock, self.outcome.notes)

    def _run_findings(self, recording: Recording) -> None:
        """Compare what campaigns have found, this one or one that was killed, once more."""
        scenarios = list(found_by_campaigns(self.save))
        if not scenarios:
            return
        with Bench() as bench, RunProgress(len(scenarios)) as progress:
            loader = self.settings.loaders[0]
            subject = bench.open(self.head.source, loader)
            recorder = recording.recorder(loader)
            watch = Watch(subject, self._circumstances(loader), recorder, self.save)
            self.watches.append(watch)
            watch.run(scenarios, progress)
            self._end_if_interrupted(watch)

    def _find_lines(self, recording: Recording) -> None:
        """Say where in the sources divergences come from."""
        if not any(watch.found for watch in self.watches):
            return
        try:
            with Bench() as bench:
                recording.locate(bench, self.scenarios, self.changed)
        except KeyboardInterrupt:
            self.outcome.interrupted = True

    def _tell(self) -> None:
        """What is known at the end."""
        outcome = self.outcome
        for watch in self.watches:
            outcome.failures += watch.failures
            outcome.notes += watch.problems
        outcome.notes += self.standings.problems
        outcome.notes += self.known.lines()
        if not outcome.interrupted and not outcome.missing:
            outcome.mend += self.known.complaints()

    def _circumstances(self, loader: LoaderName) -> Circumstances:
        return Circumstances(loader.value, None if self.is_own else named_object(self.head.source))

    @property
    def save(self) -> Path:
        """Where divergences go."""
        return self.settings.save

    def _read_scenarios(self) -> list[Scenario]:
        """Every scenario of the corpora. Raises UserError."""
        found = [one for source in find_sources(self.settings.paths) for one in source.scenarios()]
        if not found:
            raise NothingToCompareError("the corpora hold no scenario; give others")
        return found
