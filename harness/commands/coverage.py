"""`twinpath coverage`: which branches of both sides corpora reach, and which they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.listening import listener_of
from harness.commands.options import REPOSITORY, file_path
from harness.coverage.html import prepare, write_index
from harness.coverage.replay import ROOT, replay
from harness.coverage.report import Report, as_object, make_report
from harness.coverage.reviewed import read_review
from harness.coverage.text import missing_lines, source_view, totals
from harness.datapath.bench import SOURCE
from harness.lockstep.result import Divergence
from harness.report.console import complain, out, print_json
from harness.report.progress import RunProgress
from harness.sources import find_sources

CORPORA: Final = REPOSITORY / "corpora"
REVIEW: Final = CORPORA / "unreachable.toml"


@click.command(name="coverage")
@click.argument("paths", nargs=-1, type=file_path, metavar="[PATH...]")
@click.option(
    "--object",
    "source",
    type=file_path,
    metavar="PATH",
    default=SOURCE,
    show_default="this repository's bpf/",
    help="C source of the datapath to build with counters.",
)
@click.option(
    "--review",
    type=file_path,
    metavar="FILE",
    default=REVIEW,
    show_default="corpora/unreachable.toml",
    help="Reviewed list of branches that cannot be reached.",
)
@click.option("--html", type=file_path, metavar="FOLDER", help="Write the source view here.")
@click.option("--text", "as_text", is_flag=True, help="Show the source around missing branches.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    paths: tuple[Path, ...],
    source: Path,
    review: Path,
    html: Path | None,
    as_text: bool,
    as_json: bool,
) -> int:
    """Replay scenarios and captures in lockstep and show which branches of both sides they reach.

    Without a PATH: this repository's corpora. Branches of the C source are counted in the kernel,
    those of the model by coverage.py.
    """
    reviewed = read_review(review)
    scenarios = [one for found in find_sources(paths or [CORPORA]) for one in found.scenarios()]
    if html is not None:
        prepare(html)
    with RunProgress(len(scenarios)) as progress:
        report = make_report(replay(scenarios, listener_of(progress, say), source, html), reviewed)
    if html is not None:
        index = write_index(report, html)
    if as_json:
        print_json(as_object(report))
    else:
        show(report, as_text)
        if html is not None:
            out.print(Text(f"source view: {index}"), soft_wrap=True)
    for line in report.stale:
        complain(line)
    return judge(report)


def show(report: Report, with_source: bool) -> None:
    """The report for people."""
    for line in source_view(report, ROOT) if with_source else missing_lines(report):
        out.print(Text(line), soft_wrap=True)
    out.print(totals(report))


def judge(report: Report) -> ExitCode:
    """The exit code: what no corpus reaches is no failure, a list that does not hold is."""
    result = report.replayed.result
    if result.divergences:
        return ExitCode.DIVERGENCE
    if report.replayed.interrupted:
        return ExitCode.INTERRUPTED
    if result.failures or report.stale:
        return ExitCode.USAGE
    return ExitCode.AGREEMENT if result.packets else ExitCode.NOTHING_COMPARED


def say(divergence: Divergence) -> None:
    """One line; it is another command's work to show it."""
    path = divergence.scenario.path
    complain(f"{divergence.scenario.name} diverges; twinpath run {path} shows where")
