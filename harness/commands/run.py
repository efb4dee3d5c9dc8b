"""`twinpath run`: both sides in lockstep over scenarios and captures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import RenderableType
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.model_only import run_model_only
from harness.commands.options import loader_option, loaders_of, object_option, save_option
from harness.datapath.bench import SOURCE, Bench
from harness.findings import Finding, investigate
from harness.kernel.errors import PermissionDeniedError
from harness.kernel.interface import LoaderName
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Session
from harness.reference import ModelReference
from harness.report.console import complain, err, out, print_json
from harness.report.progress import RunProgress
from harness.report.saved import remove_leftovers
from harness.report.summary import clause_table, covered, summary
from harness.signals import terminate_as_interrupt
from harness.sources import Source, find_sources, matches, shuffled
from harness.step import Scenario

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

    @property
    def named_object(self) -> Path | None:
        """The object, if it is not the one that ships."""
        return None if self.object_path == SOURCE else self.object_path


@click.command(name="run")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@object_option
@loader_option
@save_option
@click.option("--filter", "pattern", help="Only scenarios whose name, path or clauses match.")
@click.option("--list", "only_list", is_flag=True, help="List what would be run.")
@click.option("--seed", default=0, show_default=True, help="Order of the files; 0: by name.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first divergence.")
@click.option("--model-only", is_flag=True, help="Check recorded vectors without a datapath.")
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
    verbose: bool,
    as_json: bool,
) -> int:
    """Run scenario files and captures, or folders of them, on both sides.

    Each divergence is shortened, run again, saved below --save, and shown with a line that
    replays it.
    """
    settings = Settings(object_path, save, fail_fast, verbose, as_json, seed)
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


def load(sources: list[Source], pattern: str | None) -> list[Scenario]:
    """The scenarios that match. All files are read before anything runs."""
    found = [scenario for source in sources for scenario in source.scenarios()]
    return [scenario for scenario in found if matches(scenario, pattern)]


def run_lockstep(scenarios: list[Scenario], loaders: list[LoaderName], settings: Settings) -> int:
    """Run everything by each loader; show and judge it."""
    results: dict[str, RunResult] = {}
    findings: list[Finding] = []
    interrupted = False
    remove_leftovers(settings.save)
    with terminate_as_interrupt(), Bench() as bench, RunProgress(len(scenarios)) as progress:
        for loader in loaders:
            subject = bench.open(settings.object_path, loader)
            session = Session(Lockstep(ModelReference(), subject))
            results[subject.name] = session.total
            Runner(session, settings, progress, loader, findings).run(scenarios)
            subject.close()
            interrupted = interrupted or session.interrupted
            if interrupted or (settings.fail_fast and findings):
                break
    show(results, findings, settings)
    return judge(results, interrupted)


@dataclass(slots=True)
class Runner:
    """Runs scenarios by one loader and looks into what diverges."""

    session: Session
    settings: Settings
    progress: RunProgress
    loader: LoaderName
    findings: list[Finding]

    def run(self, scenarios: list[Scenario]) -> None:
        """Run all scenarios, or up to the first divergence."""
        self.progress.subject(self.session.lockstep.subject.name)
        self.session.run(
            scenarios, self.settings.fail_fast, self.progress.step, self.found, self.done
        )

    def done(self, scenario: Scenario, result: RunResult) -> None:
        """A scenario is through."""
        self.progress.source_done()
        if self.settings.verbose and not self.settings.as_json:
            word = "diverges" if result.divergences else "agrees"
            rate = f"{result.steps:,} steps, {result.seconds * 1000:.0f} ms"
            err.print(Text(f"{word}  {scenario.name}  {rate}"), soft_wrap=True)

    def found(self, divergence: Divergence) -> None:
        """Look into a divergence and show it at once: it must not be lost."""
        finding = investigate(
            Lockstep(self.session.lockstep.reference, self.session.lockstep.subject),
            divergence,
            self.settings.save,
            self.loader.value,
            self.settings.named_object,
        )
        self.findings.append(finding)
        shown: RenderableType = finding.screen
        if len(self.findings) > SCREENS:
            shown = Text(f"diverges: {divergence.scenario.name}: {finding.replay}")
        (err if self.settings.as_json else out).print(shown)


def show(results: dict[str, RunResult], findings: list[Finding], settings: Settings) -> None:
    """The end of the run, for people or for machines."""
    if settings.as_json:
        print_json(as_object(results, findings, settings.seed))
        return
    if settings.verbose:
        out.print(clause_table(results))
    out.print(summary(results, settings.seed))


def as_object(
    results: dict[str, RunResult], findings: list[Finding], seed: int
) -> dict[str, object]:
    """The run as one JSON object."""
    total = RunResult()
    for result in results.values():
        total.add(result)
    return {
        "steps": total.steps,
        "packets": total.packets,
        "divergences": len(total.divergences),
        "refused": len(total.refused),
        "seconds": round(total.seconds, 3),
        "loaders": {
            name: {"steps": one.steps, "packets": one.packets, "divergences": len(one.divergences)}
            for name, one in results.items()
        },
        "clauses": dict(sorted(covered(results).items())),
        "reasons": dict(sorted(total.reasons.items())),
        "findings": [finding.as_object() for finding in findings],
        "seed": seed,
    }


def judge(results: dict[str, RunResult], interrupted: bool) -> ExitCode:
    """The exit code: agreement is only said of packets that were compared."""
    if any(result.divergences for result in results.values()):
        return ExitCode.DIVERGENCE
    if interrupted:
        return ExitCode.INTERRUPTED
    if not all(result.packets for result in results.values()):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREEMENT
