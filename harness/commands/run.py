"""`twinpath run`: both sides in lockstep over scenarios and captures."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.model_only import run_model_only
from harness.commands.options import (
    file_path,
    loader_option,
    loaders_of,
    object_option,
    save_option,
)
from harness.commands.runner import Report, Runner, Settings
from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.errors import NothingToCompareError, UserError
from harness.kernel.errors import PermissionDeniedError
from harness.kernel.interface import LoaderName
from harness.lockstep.result import RunResult, all_compared
from harness.report.console import complain, err, out, print_json
from harness.report.progress import RunProgress
from harness.report.saved import UNEXAMINED, remove_leftovers
from harness.report.summary import clause_table, summary
from harness.scratch import is_in_use
from harness.sources import Source, find_sources, matches, shuffled
from harness.step import Scenario
from harness.store.database import StoreError

if TYPE_CHECKING:
    from harness.commands.recording import Recording


@click.command(name="run")
@click.argument("paths", nargs=-1, required=True, type=file_path, metavar="PATH...")
@object_option
@loader_option
@save_option
@click.option("--filter", "pattern", help="Only scenarios whose name, path or clauses match.")
@click.option("--list", "only_list", is_flag=True, help="List what would be run.")
@click.option("--seed", default=0, show_default=True, help="Order of the files; 0: by name.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first divergence.")
@click.option("--model-only", is_flag=True, help="Check recorded vectors without a datapath.")
@click.option("--store", type=file_path, metavar="FILE", help="Add the run to this store.")
@click.option("--coverage", is_flag=True, help="Add coverage of both sides to the store.")
@click.option("-v", "--verbose", is_flag=True, help="Show every scenario and clause.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    paths: tuple[Path, ...],
    object_path: Path,
    loader: str,
    save: Path,
    pattern: str | None,
    only_list: bool,
    seed: int,
    fail_fast: bool,
    model_only: bool,
    store: Path | None,
    coverage: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Run scenario files and captures, or folders of them, on both sides.

    Each divergence is shortened, run again, saved below --save, and shown with a line that
    replays it.
    """
    check_coverage(coverage, store, object_path)
    settings = Settings(object_path, save, fail_fast, verbose, as_json, seed, store, coverage)
    sources = shuffled(find_sources(paths), seed)
    scenarios = load(sources, pattern)
    if only_list:
        for scenario in scenarios:
            out.print(Text(f"{scenario.name}  {scenario.path}"), soft_wrap=True)
        return ExitCode.AGREEMENT
    if model_only:
        return run_model_only(scenarios, asked=True, as_json=as_json)
    try:
        return run_lockstep(scenarios, loaders_of(loader), settings)
    except PermissionDeniedError as error:
        complain(str(error))
        return run_model_only(scenarios, asked=False, as_json=as_json)


def check_coverage(coverage: bool, store: Path | None, object_path: Path) -> None:
    """Whether --coverage can do what it says. Raises UserError."""
    if coverage and store is None:
        raise UserError("--coverage: there is no store to add it to; name one by --store")
    if coverage and object_path.suffix != ".c":
        raise UserError(f"--coverage: {object_path} is no C source; name one by --object")


def load(sources: list[Source], pattern: str | None) -> list[Scenario]:
    """The scenarios that match. All files are read before anything runs.

    Raises UserError for a bad file, NothingToCompareError where no scenario matches.
    """
    found = [scenario for source in sources for scenario in source.scenarios()]
    wanted = [scenario for scenario in found if matches(scenario, pattern)]
    if not wanted:
        raise NothingToCompareError(
            f"--filter {pattern}: none of {len(found)} scenarios matches; --list shows them"
        )
    return wanted


def run_lockstep(scenarios: list[Scenario], loaders: list[LoaderName], settings: Settings) -> int:
    """Run everything by each loader; show and judge it."""
    report = Report()
    prepare(settings.save)
    try:
        compare(scenarios, loaders, settings, report)
    except StoreError as error:
        if not report.findings:
            raise
        complain(str(error))  # a divergence outweighs what became of its record
    show(report, settings)
    return judge(report)


def compare(
    scenarios: list[Scenario], loaders: list[LoaderName], settings: Settings, report: Report
) -> None:
    """Run everything by each loader; fills the report, and the store that the run goes into."""
    with opened_store(settings, loaders) as recording:
        with Bench() as bench, RunProgress(len(scenarios)) as progress:
            subjects = {loader: bench.open(settings.object_path, loader) for loader in loaders}
            for loader, subject in subjects.items():
                runner = Runner(subject, loader, settings, report, progress)
                runner.recorder = None if recording is None else recording.recorder(loader)
                runner.run(scenarios)
                if report.interrupted or (settings.fail_fast and not report.is_clean):
                    break
            if recording is not None:
                progress.say("looking for the lines of the divergences")
                record(recording, report, subjects, bench, scenarios)
        if recording is not None:
            complete(recording, report, settings, scenarios)


def opened_store(
    settings: Settings, loaders: list[LoaderName]
) -> AbstractContextManager[Recording | None]:
    """The store that the run goes into, if one is asked for."""
    if settings.store is None:
        return nullcontext()
    from harness.commands.recording import Recording  # noqa: PLC0415 - quick start-up

    return Recording(settings.store, "run", settings.seed, settings.object_path, loaders)


def record(
    recording: Recording,
    report: Report,
    subjects: dict[LoaderName, KernelSubject],
    bench: Bench,
    scenarios: list[Scenario],
) -> None:
    """Add to the store what is known at the end, and the lines that divergences come from."""
    recording.costs(subjects)
    recording.speeds(report.results)
    if not report.interrupted:
        try:
            recording.locate(bench, scenarios)
        except KeyboardInterrupt:
            report.interrupted = True


def complete(
    recording: Recording, report: Report, settings: Settings, scenarios: list[Scenario]
) -> None:
    """Coverage, if it is asked for, and that the run is over."""
    if settings.coverage and not report.interrupted:
        try:
            recording.coverage(scenarios)
        except KeyboardInterrupt:
            report.interrupted = True
    recording.end(report.interrupted)


def prepare(save: Path) -> None:
    """Look at the folder for divergences before hours are spent. Raises UserError."""
    if save.exists() and not save.is_dir():
        raise UserError(f"--save {save}: is no folder; name another")
    remove_leftovers(save)
    waiting = save / UNEXAMINED
    if not is_in_use(waiting) and any(waiting.glob("*.yaml")):
        words = f"{waiting}: divergences that a killed run has not looked into; run that folder"
        err.print(Text(words), soft_wrap=True)


def show(report: Report, settings: Settings) -> None:
    """The end of the run, for people or for machines."""
    if settings.as_json:
        print_json(as_object(report, settings.seed))
    else:
        if settings.verbose:
            out.print(clause_table(report.results))
        for line in report.captures.lines():
            out.print(Text(line), soft_wrap=True)
        out.print(summary(report.results, settings.seed, report.interrupted))
    if report.interrupted:
        complain("interrupted; what was compared until then is shown")


def as_object(report: Report, seed: int) -> dict[str, object]:
    """The run as one JSON object."""
    total = RunResult()
    for result in report.results.values():
        total.add(result)
    return {
        "steps": total.steps,
        "packets": total.packets,
        "divergences": len(total.divergences),
        "refused": total.refused.total(),
        "failures": total.failures,
        "interrupted": report.interrupted,
        "seconds": round(total.seconds, 3),
        "loaders": {name: figures_of(one) for name, one in report.results.items()},
        "clauses": dict(sorted(total.clauses.items())),
        "reasons": dict(sorted(total.reasons.items())),
        "failed_calls": dict(sorted(total.failed_calls.items())),
        "findings": [finding.as_object() for finding in report.findings],
        "captures": report.captures.as_object(),
        "seed": seed,
    }


def figures_of(result: RunResult) -> dict[str, object]:
    """One loader's figures."""
    return {
        "scenarios": result.scenarios,
        "steps": result.steps,
        "packets": result.packets,
        "divergences": len(result.divergences),
        "refused": result.refused.total(),
        "failures": result.failures,
        "seconds": round(result.seconds, 3),
    }


def judge(report: Report) -> ExitCode:
    """The exit code: agreement is only said of packets that were compared."""
    results = report.results.values()
    if report.findings:
        return ExitCode.DIVERGENCE
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if any(result.failures for result in results):
        return ExitCode.USAGE
    if not all_compared(results):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREEMENT
