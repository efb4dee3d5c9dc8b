"""`twinpath compare`: two builds of the datapath side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.text import Text

from harness.builds.comparison import BuildCircumstances, BuildComparison
from harness.builds.generated import generated
from harness.commands.exit_codes import ExitCode
from harness.commands.options import datapath_path, file_path, save_option
from harness.commands.run import load, prepare
from harness.datapath.bench import Bench
from harness.findings import Finding
from harness.kernel.interface import LoaderName
from harness.lockstep.result import all_compared
from harness.report.console import complain, err, out, print_json
from harness.report.summary import counted, figures
from harness.sources import find_sources
from harness.step import Scenario

GENERATED_STEPS = 20_000


@click.command(name="compare")
@click.argument("old", type=datapath_path, metavar="OLD")
@click.argument("new", type=datapath_path, metavar="NEW")
@click.argument("paths", nargs=-1, type=file_path, metavar="[PATH]...")
@click.option("--fuzz", "steps", type=click.IntRange(0), help="Generated steps, PATHS or not.")
@click.option("--seed", default=0, show_default=True, help="What generated steps come from.")
@click.option("--with-model", is_flag=True, help="Hold both against the specification too.")
@click.option("--filter", "pattern", help="Only scenarios whose name, path or clauses match.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first divergence.")
@click.option(
    "--loader",
    type=click.Choice([name.value for name in LoaderName]),
    default=LoaderName.LIBBPF.value,
    show_default=True,
    help="How both get into the kernel.",
)
@save_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    old: Path,
    new: Path,
    paths: tuple[Path, ...],
    steps: int | None,
    seed: int,
    with_model: bool,
    pattern: str | None,
    fail_fast: bool,
    loader: str,
    save: Path,
    as_json: bool,
) -> int:
    """Run the builds OLD and NEW (objects or C sources) on the same steps and compare them.

    Scenarios and captures below PATHS, or without any, 20,000 generated steps. Exit code 1 where
    the builds differ, or with --with-model where one of them differs from the specification.
    """
    prepare(save)
    scenarios = load(find_sources(paths), pattern) if paths else []
    if steps is None:
        steps = 0 if paths else GENERATED_STEPS
    circumstances = BuildCircumstances(loader, old, new, with_model)
    with Bench() as bench:
        name = LoaderName(loader)
        comparison = BuildComparison(
            bench.open(old, name), bench.open(new, name), save, circumstances
        )
        comparison.show = lambda finding: finding.show(err if as_json else out)
        comparison.complain = complain
        comparison.run(all_of(scenarios, seed, steps), fail_fast)
    show(comparison, seed, as_json)
    return judge(comparison)


def all_of(scenarios: list[Scenario], seed: int, steps: int) -> Iterator[Scenario]:
    """What is given, then what is generated."""
    yield from scenarios
    yield from generated(seed, steps)


def show(comparison: BuildComparison, seed: int, as_json: bool) -> None:
    """The end of the comparison, for people or for machines."""
    if as_json:
        print_json(as_object(comparison, seed))
        return
    out.print(figures(comparison.results))
    settled = comparison.settlements
    if settled.services:
        out.print(Text(f"{settled.services:,} times `random` was compared as `maglev`"))
    if settled.left_out:
        out.print(Text(f"{settled.left_out:,} scenarios whose tables evict were left out"))
    words = f"{counted(len(comparison.findings), 'finding')}, seed {seed}"
    out.print(Text(words, style="red" if comparison.findings else "green"))
    if comparison.interrupted:
        complain("interrupted; what was compared until then is shown")


def as_object(comparison: BuildComparison, seed: int) -> dict[str, object]:
    """The comparison as one JSON object; figures by pair."""
    results = comparison.results
    first = comparison.between
    return {
        "steps": first.steps,
        "packets": first.packets,
        "divergences": sum(len(one.divergences) for one in results.values()),
        "refused": first.refused.total(),
        "failures": sum(one.failures for one in results.values()),
        "interrupted": comparison.interrupted,
        "seconds": round(sum(one.seconds for one in results.values()), 3),
        "pairs": {
            pair: {"packets": one.packets, "divergences": len(one.divergences)}
            for pair, one in results.items()
        },
        "random_as_maglev": comparison.settlements.services,
        "left_out": comparison.settlements.left_out,
        "findings": [finding_object(one) for one in comparison.findings],
        "seed": seed,
    }


def finding_object(finding: Finding) -> dict[str, object]:
    """A finding for machines."""
    return finding.as_object() | {"problem": finding.problem}


def judge(comparison: BuildComparison) -> ExitCode:
    """The exit code: agreement is only said of packets that were compared."""
    if comparison.findings:
        return ExitCode.DIVERGENCE
    if comparison.interrupted:
        return ExitCode.INTERRUPTED
    if any(one.failures for one in comparison.results.values()):
        return ExitCode.USAGE
    if not all_compared(comparison.results.values()):
        return ExitCode.NOTHING_COMPARED
    return ExitCode.AGREEMENT
