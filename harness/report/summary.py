"""The end of a run: figures by loader, clauses covered, what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.lockstep.result import RunResult
from model.clauses import CLAUSES


def summary(results: Mapping[str, RunResult], seed: int) -> RenderableType:
    """Figures of a run by subject name, and what they add up to."""
    parts: list[RenderableType] = [figures(results), Text(clause_words(results))]
    refused = Counter(one.error for result in results.values() for one in result.refused)
    parts += [
        Text(f"refused by the kernel, {count} times: {why}") for why, count in refused.items()
    ]
    parts.append(verdict(results, seed))
    return Group(*parts)


def figures(results: Mapping[str, RunResult]) -> Table:
    """A row for each subject."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("subject")
    titles = ("scenarios", "steps", "packets", "refused", "divergences", "seconds", "steps/s")
    for title in titles:
        table.add_column(title, justify="right")
    for name, one in results.items():
        table.add_row(
            name,
            f"{one.scenarios:,}",
            f"{one.steps:,}",
            f"{one.packets:,}",
            f"{len(one.refused):,}",
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
    """How many clauses were exercised."""
    hit = [clause for clause in CLAUSES if covered(results)[clause]]
    return f"clauses exercised: {len(hit)} of {len(CLAUSES)} (every one with -v)"


def verdict(results: Mapping[str, RunResult], seed: int) -> Text:
    """The last line: agreement or not, over how much."""
    divergences = sum(len(result.divergences) for result in results.values())
    packets = sum(result.packets for result in results.values())
    if divergences:
        return Text(f"{divergences} divergences in {packets:,} packets, seed {seed}", "bold red")
    if not packets:
        return Text(f"nothing was compared, seed {seed}", "bold yellow")
    return Text(f"agreement on {packets:,} packets, seed {seed}", "bold green")


def clause_table(results: Mapping[str, RunResult]) -> Table:
    """Every clause with the number of packets that exercised it."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("clause")
    table.add_column("packets", justify="right")
    table.add_column("what it says")
    hits = covered(results)
    for clause, words in CLAUSES.items():
        table.add_row(clause, f"{hits[clause]:,}" if hits[clause] else "-", words)
    return table
