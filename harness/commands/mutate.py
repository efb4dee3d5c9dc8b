"""`twinpath mutate`: plant faults in either side, and see which of them nothing notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import REPOSITORY, file_path
from harness.errors import NothingToCompareError
from harness.mutate.campaign import Campaign, read_corpora, require_agreement
from harness.mutate.catalogue import Wish, chosen, operator_names, sampled
from harness.mutate.changed_lines import changed_lines
from harness.mutate.matrix import ROWS
from harness.mutate.mutant import Mutant, Side
from harness.mutate.outcome import Outcome, outcome_of
from harness.mutate.progress import MutationProgress
from harness.mutate.report.annotations import annotation_lines
from harness.mutate.report.terminal import summary, survivor_view
from harness.mutate.report.write import Files, write_reports
from harness.mutate.result import Class, Result
from harness.mutate.review import read_review
from harness.mutate.trial import Effort
from harness.report.console import complain, out

CORPORA: Final = REPOSITORY / "corpora" / "scenarios"
REVIEW: Final = REPOSITORY / "corpora" / "survivors.toml"
SHOWN: Final = (Class.SURVIVED, Class.FAILED)
"""Classes of which each mutant is shown."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How results are told."""

    files: Files
    annotated: bool
    fail_under: float | None


@click.command(name="mutate")
@click.argument("paths", nargs=-1, type=file_path, metavar="[PATH...]")
@click.option(
    "--side",
    type=click.Choice([*(one.value for one in Side), "both"]),
    default=Side.DATAPATH.value,
    show_default=True,
    help="Whose source is mutated.",
)
@click.option(
    "--session",
    type=file_path,
    metavar="FILE",
    default=Path("mutation.sqlite"),
    show_default=True,
    help="Where results are kept; a run goes on where one was cut short.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes."
)
@click.option(
    "--limit",
    type=click.FloatRange(1, 3600),
    default=60.0,
    show_default=True,
    help="Seconds for one mutant.",
)
@click.option(
    "--fuzz",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    help="Seconds of fuzzing for each mutant that gets through the scenarios.",
)
@click.option("--properties", is_flag=True, help="Try the repository's properties on survivors.")
@click.option("--changed-since", metavar="REV", help="Only lines changed since a revision.")
@click.option("--filter", "pattern", help="Only these places (file:line), clauses or identifiers.")
@click.option("--operators", metavar="NAME,...", default="", help="Only these operators.")
@click.option("--sample", type=click.IntRange(1), help="Only so many; the same ones each time.")
@click.option("--list", "only_list", is_flag=True, help="List mutants and operators; run nothing.")
@click.option("--matrix", is_flag=True, help="Measure what each kind of comparison is worth.")
@click.option(
    "--review",
    type=file_path,
    metavar="FILE",
    default=REVIEW,
    show_default="corpora/survivors.toml",
    help="Reviewed list of survivors.",
)
@click.option("--json", "json", type=file_path, metavar="FILE", help="Write elements JSON.")
@click.option("--html", type=file_path, metavar="FILE", help="Write a page.")
@click.option("--sarif", type=file_path, metavar="FILE", help="Write SARIF of survivors.")
@click.option("--annotations", "annotated", is_flag=True, help="Print GitHub annotations.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 below this score, or where a survivor is not reviewed.",
)
def command(  # noqa: PLR0913, PLR0917 - the command's options
    paths: tuple[Path, ...],
    side: str,
    session: Path,
    workers: int,
    limit: float,
    fuzz: float,
    properties: bool,
    changed_since: str | None,
    pattern: str | None,
    operators: str,
    sample: int | None,
    only_list: bool,
    matrix: bool,
    review: Path,
    json: Path | None,
    html: Path | None,
    sarif: Path | None,
    annotated: bool,
    fail_under: float | None,
) -> int:
    """Change one place of one side at a time, and see whether scenarios notice.

    PATHs are the scenarios to do it with; without any, this repository's. The datapath is mutated
    on its syntax tree, compiled, loaded and run in lockstep with the model; a mutated model is run
    against the datapath that ships.
    """
    sides = tuple(Side) if side == "both" else (Side(side),)
    changed = None if changed_since is None else changed_lines(REPOSITORY, changed_since)
    names = frozenset(operators.split(",") if operators else ())
    wanted = chosen(Wish(sides, names, pattern, changed))
    if not wanted:
        raise NothingToCompareError("no mutant is as asked for; --list alone shows all")
    if only_list:
        return listing(wanted, sides)
    files = Files(json, html, sarif)
    files.check()
    reviewed = read_review(review)
    rows = frozenset(row.name for row in ROWS) if matrix else frozenset()
    effort = Effort(limit, fuzz, rows, properties)
    campaign = Campaign(session, read_corpora(paths or (CORPORA,)), effort)
    drawn = wanted if sample is None else sampled(wanted, sample)
    results = run(campaign, drawn, workers)
    outcome = outcome_of(drawn, len(wanted), results, reviewed, sides)
    return tell(outcome, Telling(files, annotated, fail_under))


def listing(mutants: Sequence[Mutant], sides: Sequence[Side]) -> ExitCode:
    """What would be run, a line for each; then the operators."""
    for one in mutants:
        becomes = " ".join(one.becomes.split()) or "nothing"
        original = " ".join(one.original.split())
        line = f"{one.identifier}  {one.where}  {one.operator}: {original} -> {becomes}"
        out.print(Text(line), soft_wrap=True)
    for name, title in operator_names(sides).items():
        count = sum(one.operator == name for one in mutants)
        out.print(Text(f"{name}: {title} ({count})"), soft_wrap=True)
    return ExitCode.AGREEMENT


def run(campaign: Campaign, mutants: Sequence[Mutant], workers: int) -> dict[str, Result]:
    """Results by identifier; Ctrl-C ends the run with those that are there."""
    results = campaign.known(mutants)
    todo = [one for one in mutants if one.identifier not in results]
    if not todo:
        return results
    require_agreement(campaign.corpora)
    with MutationProgress(len(mutants), len(results)) as progress:

        def done(mutant: Mutant, result: Result) -> None:
            results[mutant.identifier] = result
            progress.done(mutant, result)

        try:
            campaign.run(todo, workers, done)
        except KeyboardInterrupt:
            complain("interrupted; the same command goes on from here")
    return results


def tell(outcome: Outcome, telling: Telling) -> ExitCode:
    """Show survivors and figures, write reports, and judge."""
    if telling.annotated:
        for line in annotation_lines(outcome.judged):
            out.print(Text(line), soft_wrap=True)
    else:
        for one in outcome.judged:
            if one.result.status in SHOWN:
                out.print(survivor_view(one))
        out.print(summary(outcome.judged, outcome.population))
    write_reports(telling.files, outcome.judged, outcome.population)
    for line in outcome.stale:
        complain(line)
    return verdict(outcome, telling.fail_under)


def verdict(outcome: Outcome, fail_under: float | None) -> ExitCode:
    """The exit code. A mutant that was not judged is no agreement."""
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    if outcome.stale:
        return ExitCode.USAGE
    if any(one.result.status is Class.FAILED for one in outcome.judged):
        return ExitCode.INTERNAL_ERROR
    if fail_under is not None and not outcome.reaches(fail_under):
        return ExitCode.DIVERGENCE
    return ExitCode.AGREEMENT
