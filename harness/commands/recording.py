"""What `run` writes to the store that --store names: costs, findings, places, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from harness.commands.options import REPOSITORY, named_object
from harness.compare.difference import Kind
from harness.coverage.replay import replay
from harness.coverage.reviewed import read_review
from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.errors import UserError
from harness.findings import Cause, Circumstances, cause
from harness.kernel.interface import LoaderName
from harness.locate.datapath import About, Changed, DatapathLocator
from harness.locate.model import locate_in_model
from harness.lockstep.reproduce import signature
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener
from harness.step import Scenario
from harness.store.covered import covered_files
from harness.store.evidence import clause_of, clause_of_field
from harness.store.facts import run_facts
from harness.store.recorder import Recorder
from harness.store.records import Location, Measure, ProgramCost, RunState
from harness.store.writer import RunWriter

REVIEW: Final = REPOSITORY / "corpora" / "unreachable.toml"
INSTRUCTION_BYTES: Final = 8
SPEED: Final = "compared steps"


class Recording:
    """One run on its way into a store. Use as a context manager.

    `object_path` is the datapath that is run. Raises StoreError where the store cannot be written,
    and what building the object raises.
    """

    def __init__(
        self, path: Path, command: str, seed: int, object_path: Path, loaders: list[LoaderName]
    ) -> None:
        self.object_path = object_path
        self._recorders: list[Recorder] = []
        with ExitStack() as stack:
            facts = run_facts(command, seed, object_path, loaders)
            self.writer = stack.enter_context(RunWriter(path, facts))
            self._stack = stack.pop_all()

    def recorder(self, loader: LoaderName) -> Recorder:
        """The recorder of one loader's part."""
        circumstances = Circumstances(loader.value, named_object(self.object_path))
        self._recorders.append(Recorder(self.writer, circumstances))
        return self._recorders[-1]

    def costs(self, subjects: Mapping[LoaderName, KernelSubject]) -> None:
        """What the programs cost the verifier."""
        self.writer.programs(
            ProgramCost(
                loader.value,
                program,
                one.processed_instructions,
                one.total_states,
                one.peak_states,
                one.stack,
                one.verification_microseconds,
                one.translated_bytes // INSTRUCTION_BYTES,
                one.jited_bytes,
            )
            for loader, subject in subjects.items()
            for program, one in sorted(subject.loaded.statistics().items())
        )

    def speeds(self, results: Mapping[str, RunResult]) -> None:
        """Compared steps per second of each loader."""
        self.writer.measures(
            Measure(loader, SPEED, one.steps / one.seconds, "per second", False)
            for loader, one in results.items()
            if one.seconds
        )

    def locate(
        self, bench: Bench, scenarios: Iterable[Scenario], changed: Changed | None = None
    ) -> None:
        """Say of each divergence where in the sources it comes from, as far as can be told.

        Divergences of one cause come from the same place: it takes long enough to look once.
        """
        found = [one for recorder in self._recorders for one in recorder.found_divergences]
        if not found:
            return
        locator, problem = self._locator(bench, scenarios)
        places: dict[Cause, Location] = {}
        for number, divergence in found:
            key = cause(divergence)
            if key not in places:
                places[key] = located(locator, divergence, changed, problem)
            self.writer.locate(number, places[key])

    def _locator(
        self, bench: Bench, scenarios: Iterable[Scenario]
    ) -> tuple[DatapathLocator | None, str]:
        """Who finds lines of C, or why nobody can."""
        if self.object_path.suffix != ".c":
            return None, "the datapath is an object without its source"
        try:
            locator = DatapathLocator(bench, self.object_path, REPOSITORY)
            locator.background(scenarios)
        except UserError as error:
            return None, str(error)
        return locator, ""

    def coverage(self, scenarios: Iterable[Scenario]) -> None:
        """Run scenarios once more on the instrumented build, and keep what ran of both sides.

        Raises UserError.
        """
        replayed = replay(scenarios, Listener(), self.object_path)
        review = read_review(REVIEW)
        self.writer.coverage(covered_files(replayed, review, REPOSITORY, self.object_path))

    def end(self, interrupted: bool) -> None:
        """Say how the run ended."""
        self.writer.end(RunState.INTERRUPTED if interrupted else RunState.FINISHED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def located(
    locator: DatapathLocator | None, divergence: Divergence, changed: Changed | None, problem: str
) -> Location:
    """Places in both sources."""
    model = locate_in_model(divergence, clause_of(divergence), REPOSITORY)
    if locator is None:
        return Location((), model, problem)
    kind, field, _ = signature(divergence)
    about = About(clause_of_field(divergence), field if kind is Kind.ENTRY else "")
    try:
        return Location(locator.locate(divergence, about, changed), model)
    except UserError as error:
        return Location((), model, str(error))
