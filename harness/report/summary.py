"""The end of a run: figures by loader, clauses covered, what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.lockstep.result import RunResult
from harness.report.tables import plain_table
from model.clauses import CLAUSES, NOT_NOTED


def summary(results: Mapping[str, RunResult], seed: int, interrupted: bool) -> RenderableType:
    """Figures of a run by loader, and what they add up to."""
    parts: list[RenderableType] = [figures(results), Text(clause_words(results))]
    refused = sum((result.refused for result in results.values()), Counter[str]())
    parts += [
        Text(f"refused by the kernel, {times(count)}: {why}")
        for why, count in refused.most_common()
    ]
    failed = sum((result.failed_calls for result in results.values()), Counter[str]())
    if failed:
        words = ", ".join(f"{name} {count:,}" for name, count in failed.most_common())
        parts.append(Text(f"calls that were made to fail: {words}"))
    parts.append(verdict(results, seed, interrupted))
    return Group(*parts)


def figures(results: Mapping[str, RunResult]) -> Table:
    """A row for each loader."""
    titles = ("scenarios", "steps", "packets", "refused", "divergences", "seconds", "steps/s")
    table = plain_table(["loader"], titles)
    for name, one in results.items():
        table.add_row(
            name,
            f"{one.scenarios:,}",
            f"{one.steps:,}",
            f"{one.packets:,}",
            f"{one.refused.total():,}",
            f"{len(one.divergences):,}",
            f"{one.seconds:.1f}",
            f"{one.steps / one.seconds:,.0f}" if one.seconds else "-",
        )
    return table


def covered(results: Mapping[str, RunResult]) -> Counter[str]:
    """Packets by clause id, over all subjects."""
    total: Counter[str] = Counter()
    for result in results.values():
        total.update(result.clauses)
    return total


def clause_words(results: Mapping[str, RunResult]) -> str:
    """How many clauses were exercised, of those that notes can tell of."""
    told = [clause for clause in CLAUSES if clause not in NOT_NOTED]
    hit = [clause for clause in told if covered(results)[clause]]
    return f"clauses exercised: {len(hit)} of {len(told)} (each with -v)"


def verdict(results: Mapping[str, RunResult], seed: int, interrupted: bool) -> Text:
    """The last line: agreement or not, over how much, and what is missing from it."""
    divergences = sum(len(result.divergences) for result in results.values())
    failures = sum(result.failures for result in results.values())
    packets = counted(sum(result.packets for result in results.values()), "packet")
    words, style = f"agreement on {packets}", "bold green"
    if divergences:
        words, style = f"{counted(divergences, 'divergence')} in {packets}", "bold red"
    elif not all(result.packets for result in results.values()):
        words, style = "nothing was compared", "bold yellow"
    if failures:
        words += f", {counted(failures, 'scenario')} not carried out"
    if interrupted:
        words += ", interrupted"
    if failures or interrupted:
        style = style.replace("green", "yellow")
    return Text(f"{words}, seed {seed}", style)


def counted(count: int, noun: str) -> str:
    """So many of something."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(count: int) -> str:
    """How often."""
    return "once" if count == 1 else f"{count:,} times"


def clause_table(results: Mapping[str, RunResult]) -> Table:
    """Every clause with the packets that exercised it and the scenarios that nearly did."""
    table = plain_table(["clause"], ["packets", "near misses"])
    table.add_column("what it says")
    hits = covered(results)
    misses = sum((result.misses for result in results.values()), Counter[str]())
    for clause, words in CLAUSES.items():
        figures = (f"{counts[clause]:,}" if counts[clause] else "-" for counts in (hits, misses))
        table.add_row(clause, *figures, words)
    return table
