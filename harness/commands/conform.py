"""`twinpath conform`: which clauses of the specification a datapath was seen to keep."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.listening import listener_of
from harness.commands.options import REPOSITORY, datapath_path, file_path, loaders_of, named_object
from harness.conformance.evidence import Evidence, Status
from harness.conformance.profiles import PROFILES, clauses_of
from harness.conformance.properties import Property, find_properties, run_properties
from harness.conformance.report import Report, as_object, write_yaml
from harness.conformance.table import show
from harness.conformance.witness import Witness
from harness.datapath.bench import SOURCE, Bench
from harness.errors import NothingToCompareError
from harness.findings import Circumstances
from harness.kernel.interface import LoaderName
from harness.kernel.toolchain import clang_version, find_clang
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.lockstep.session import Session
from harness.reference import ModelReference
from harness.report.console import complain, err, out, print_json
from harness.report.progress import RunProgress
from harness.report.text import check_target
from harness.sources import find_sources
from harness.step import Scenario

SCENARIOS: Final = REPOSITORY / "corpora" / "scenarios"


@click.command(name="conform")
@click.argument("object_path", type=datapath_path, default=SOURCE, metavar="[OBJECT|SOURCE]")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    type=click.Choice(list(PROFILES)),
    help="Only these clauses; may be given several times.",
)
@click.option(
    "--loader",
    type=click.Choice([*(name.value for name in LoaderName), "both"]),
    help="How the datapath gets into the kernel.  [default: both; libbpf for an object]",
)
@click.option(
    "--corpora",
    type=file_path,
    multiple=True,
    default=[SCENARIOS],
    metavar="PATH",
    help="Scenarios instead of those that ship.",
)
@click.option("--properties", is_flag=True, help="Run the tests that are evidence, too.")
@click.option("--yaml", "yaml_path", type=file_path, metavar="FILE", help="Write a YAML form.")
@click.option("--markdown", "page_path", type=file_path, metavar="FILE", help="Write a page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    object_path: Path,
    profiles: tuple[str, ...],
    loader: str | None,
    corpora: tuple[Path, ...],
    properties: bool,
    yaml_path: Path | None,
    page_path: Path | None,
    as_json: bool,
) -> int:
    """Report for each clause of the specification whether a datapath keeps it, with the evidence.

    Exit codes: 0 every clause was exercised and none failed; 1 a divergence or a clause that fails;
    5 a clause was not exercised.
    """
    check_target(yaml_path)
    check_target(page_path)
    clauses = clauses_of(profiles)
    scenarios = load(corpora, clauses)
    loaders = loaders_of(loader or ("libbpf" if object_path.suffix == ".o" else "both"))
    marked = [one for one in find_properties(REPOSITORY) if {*one.hits, *one.misses} & {*clauses}]
    evidence, sessions = witness(object_path, scenarios, loaders, clauses)
    interrupted = any(session.interrupted for session in sessions)
    outcomes = run_properties(marked, REPOSITORY) if properties and not interrupted else {}
    report = make_report(evidence, object_path, sessions, marked, outcomes)
    if not interrupted:
        write(report, yaml_path, page_path)
    if as_json:
        print_json(as_object(report))
    else:
        out.print(show(report))
    return judge(report, sessions)


def load(paths: Iterable[Path], clauses: tuple[str, ...]) -> list[Scenario]:
    """The scenarios below some paths that claim or miss one of the clauses.

    Raises UserError, NothingToCompareError where there is none.
    """
    found = [one for source in find_sources(paths) for one in source.scenarios()]
    wanted = [one for one in found if {*one.clauses, *one.misses} & {*clauses}]
    if not wanted:
        raise NothingToCompareError(f"none of {len(found)} scenarios claims one of these clauses")
    return wanted


def witness(
    object_path: Path,
    scenarios: list[Scenario],
    loaders: list[LoaderName],
    clauses: tuple[str, ...],
) -> tuple[Evidence, list[Session]]:
    """Run everything by each loader; what was seen, and the sessions. Stops where interrupted."""
    evidence = Evidence(clauses, tuple(loader.value for loader in loaders))
    sessions: list[Session] = []
    with Bench() as bench, RunProgress(len(scenarios)) as progress:
        subjects = {loader: bench.open(object_path, loader) for loader in loaders}
        for loader, subject in subjects.items():
            progress.loader(loader.value)
            lockstep = Lockstep(ModelReference(), subject)
            circumstances = Circumstances(loader.value, named_object(object_path))
            listener = listener_of(progress, partial(say, circumstances))
            one = Witness(lockstep, loader.value, evidence, listener, name_of)
            sessions.append(one.run(scenarios))
            if sessions[-1].interrupted:
                break
    return evidence, sessions


def say(circumstances: Circumstances, divergence: Divergence) -> None:
    """What goes wrong, and which command tells more, in a line."""
    first, one = divergence.differences[0], divergence.scenario
    again = circumstances.command("run", one.path)
    words = f"{one.name} diverges at step {divergence.index + 1}: {first.field}; {again}"
    err.print(Text(words, "red"), soft_wrap=True)


def name_of(scenario: Scenario) -> str:
    """A scenario's file, as seen from the repository if it is in there."""
    path = Path(scenario.path).resolve()
    return path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY) else str(path)


def make_report(
    evidence: Evidence,
    object_path: Path,
    sessions: list[Session],
    marked: list[Property],
    outcomes: dict[str, str],
) -> Report:
    """The report, with what was held against the specification and where."""
    path = object_path.resolve()
    inside = path.is_relative_to(REPOSITORY)
    circumstances = {
        "object": path.relative_to(REPOSITORY).as_posix() if inside else str(object_path),
        "kernel": platform.release(),
        "compiler": clang_version(find_clang()),
    }
    totals = [session.total for session in sessions]
    scenarios = max(total.scenarios for total in totals)
    packets = sum(total.packets for total in totals)
    return Report(evidence, circumstances, scenarios, packets, tuple(marked), outcomes)


def write(report: Report, yaml_path: Path | None, page_path: Path | None) -> None:
    """Write the forms that are asked for. Raises UserError."""
    if yaml_path is not None:
        write_yaml(report, yaml_path)
    if page_path is not None:
        from harness.conformance.page import write_page  # noqa: PLC0415 - imports Jinja

        write_page(report, page_path, REPOSITORY)


def judge(report: Report, sessions: list[Session]) -> ExitCode:
    """The exit code: 0 is only said where every clause was exercised."""
    counts = report.counts()
    if counts[Status.FAIL] or report.failed_properties:
        return ExitCode.DIVERGENCE
    if any(session.total.divergences for session in sessions):
        return ExitCode.DIVERGENCE
    if any(session.interrupted for session in sessions):
        complain("interrupted; what was compared until then is shown, no file is written")
        return ExitCode.INTERRUPTED
    if any(session.total.failures for session in sessions):
        return ExitCode.DIVERGENCE
    if counts[Status.NOT_EXERCISED] or not all(session.total.packets for session in sessions):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREEMENT
