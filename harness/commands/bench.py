"""`twinpath bench`: what the datapath and the tester cost."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from harness.bench.compare import Change, Verdict, compare, exact_only
from harness.bench.machine import describe_machine
from harness.bench.measurement import Measurement, Results, read_results
from harness.bench.stored import stored
from harness.bench.suites import SUITES, Settings, chosen
from harness.bench.tables import changes_table, results_table
from harness.commands.exit_codes import ExitCode
from harness.commands.options import file_path, loader_option, loaders_of
from harness.datapath.bench import SOURCE
from harness.errors import NothingToCompareError, UserError
from harness.kernel.interface import LoaderName
from harness.report.console import complain, err, out, print_json
from harness.store.facts import object_hash
from harness.store.measures import add_measures, matching_run

BASELINE = Path(__file__).parents[1] / "bench" / "baseline.json"
ROUNDS = 15


@click.command(name="bench")
@click.argument("cases", nargs=-1)
@loader_option
@click.option(
    "--rounds",
    type=click.IntRange(1, 10_000),
    default=ROUNDS,
    show_default=True,
    help="Interleaved rounds of everything that is timed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--compare", "old", type=file_path, metavar="OLD", help="What --json printed before.")
@click.option("--check", is_flag=True, help="Exit with 1 on a regression beyond noise.")
@click.option(
    "--store", type=file_path, metavar="FILE", help="Add the figures to a store's latest run."
)
@click.option("--report", is_flag=True, help="Write docs/performance.md's tables and charts.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    cases: tuple[str, ...],
    loader: str,
    rounds: int,
    as_json: bool,
    old: Path | None,
    check: bool,
    store: Path | None,
    report: bool,
) -> int:
    """Measure CASES: suites, SUITE/CASE, or cases of packets; * stands for anything.

    Suites: packets, programs, growth, control-plane, emulated, steps, tester. Without any: packets
    and programs. --check compares with OLD, or its counts with those that ship.
    """
    before = read_results(old) if old else None
    if check and before is None:
        before = exact_only(read_results(BASELINE))
    loaders = tuple(loaders_of(loader))
    measured = "" if store is None else object_hash(SOURCE)
    if store is not None:
        matching_run(store, measured)
    results = measure(chosen(cases), loaders, rounds)
    changes = list(compare(before, results)) if before else []
    if check and not changes:
        raise NothingToCompareError(
            "nothing of this run is in the old results, or they are of another compiler or kernel: "
            "measure the same, and give results of this machine by --compare"
        )
    show(results, changes, as_json)
    if store is not None:
        add_measures(store, measured, map(stored, results.measurements))
    if report:
        from harness.bench.page import write_page  # noqa: PLC0415 - needs the charts' library

        write_page(results)
    return verdict(changes) if check else ExitCode.AGREEMENT


def measure(
    suites: dict[str, tuple[str, ...]], loaders: tuple[LoaderName, ...], rounds: int
) -> Results:
    """Run the chosen suites, one after the other."""
    found: list[Measurement] = []
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_interactive) as bar:
        for name, patterns in suites.items():
            task = bar.add_task(name)
            settings = Settings(loaders, rounds, patterns)
            figures = list(SUITES[name](settings, partial(tell, bar, task, name)))
            if not figures:
                raise UserError(f"{name}: nothing there is called {', '.join(patterns)}")
            found += figures
            bar.remove_task(task)
    return Results(describe_machine(), tuple(found))


def tell(bar: Progress, task: TaskID, suite: str, what: str) -> None:
    """Show what is being measured."""
    bar.update(task, description=f"{suite}: {what}")


def show(results: Results, changes: list[Change], as_json: bool) -> None:
    """Print the results, and what has changed."""
    if as_json:
        document = results.as_json()
        if changes:
            document["changes"] = [
                {
                    "name": one.name,
                    "growth": one.growth,
                    "allowed": one.allowed,
                    "verdict": one.verdict.value,
                }
                for one in changes
            ]
        print_json(document)
        return
    out.print(results_table(results))
    if changes:
        out.print()
        out.print(changes_table(changes))


def verdict(changes: list[Change]) -> ExitCode:
    """1 where something has become worse; which, is said in a line each."""
    worse = [one for one in changes if one.verdict is Verdict.WORSE]
    for one in worse:
        complain(
            f"{one.name}: {one.old:,.1f} has become {one.new:,.1f} {one.unit} "
            f"({one.growth:+.1%}, allowed {one.allowed:.1%})"
        )
    return ExitCode.DIVERGENCE if worse else ExitCode.AGREEMENT
