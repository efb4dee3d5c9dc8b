"""A campaign in words and figures: the live screen, lines in a pipe, and the end."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.fuzz.campaign import Progress
from harness.fuzz.tally import WORDLESS
from harness.report.console import err
from harness.report.tables import plain_table
from model.clauses import CLAUSES

LINE_SECONDS: Final = 5.0
"""Between two lines in a pipe."""

SCREEN_SECONDS: Final = 0.25
LATEST: Final = 5
"""Findings on the live screen."""

NOT_COUNTED: Final = "not counted"
"""What is said for the datapath's branches in a campaign without them."""


class Screen:
    """Shows a campaign while it runs: live in terminals, a line now and then elsewhere."""

    def __init__(self) -> None:
        self.live = Live(console=err, auto_refresh=False, transient=True)
        self.is_live = err.is_interactive
        self.next = 0.0
        if self.is_live:
            self.live.start()

    def show(self, progress: Progress) -> None:
        """Show how far the campaign is, if it is time to."""
        now = monotonic()
        if now < self.next:
            return
        self.next = now + (SCREEN_SECONDS if self.is_live else LINE_SECONDS)
        if self.is_live:
            self.live.update(screen(progress), refresh=True)
        else:
            err.print(Text(line(progress)), soft_wrap=True)

    def say(self, words: str) -> None:
        """A line for people, above the screen."""
        console: Console = self.live.console if self.is_live else err
        console.print(Text(words), soft_wrap=True)

    def stop(self) -> None:
        """The screen goes. Safe to call twice."""
        if self.is_live:
            self.live.stop()


def screen(progress: Progress) -> Group:
    """The live screen."""
    table = plain_table(("campaign", ""))
    for name, value in figures(progress).items():
        table.add_row(name, str(value))
    for finding in progress.findings[-LATEST:]:
        table.add_row("diverges", Text(f"{finding['cause']} (at {finding['after']:.1f} s)"))
    return Group(table)


def figures(progress: Progress) -> dict[str, str]:
    """What a look at a campaign should show."""
    tally = progress.tally
    since = progress.seconds - progress.last_find
    return {
        "time": f"{progress.seconds:,.0f} s, last find {since:,.0f} s ago",
        "steps": f"{tally.steps:,} ({progress.steps_per_second:,.0f}/s)",
        "datapath": branches(progress),
        "model": f"{clauses_reached(progress)} of {clauses_there()} clauses",
        "cases": f"{progress.cases:,} that reached something new",
        "divergences": f"{len(progress.findings)}, seen {sum(progress.causes.values()):,} times",
    }


def line(progress: Progress) -> str:
    """The same in a line."""
    tally = progress.tally
    return (
        f"{progress.seconds:.0f} s  {tally.steps:,} steps  {progress.steps_per_second:,.0f}/s  "
        f"branches {branches(progress)}  clauses {clauses_reached(progress)}/{clauses_there()}  "
        f"cases {progress.cases:,}  divergences {len(progress.findings)}"
    )


def branches(progress: Progress) -> str:
    """Branch counters of the datapath that have moved, of all."""
    if not progress.branches_of:
        return NOT_COUNTED
    if not progress.branches:
        return "not counted yet"
    return f"{len(progress.branches)}/{progress.branches_of}"


def branches_as_object(progress: Progress) -> dict[str, int] | None:
    """The same for machines; None where no branches are counted."""
    if not progress.branches_of:
        return None
    return {"branches": len(progress.branches), "of": progress.branches_of}


def clauses_reached(progress: Progress) -> int:
    """Clauses that something has met."""
    return sum(1 for clause in progress.tally.clauses if clause in CLAUSES)


def clauses_there() -> int:
    """Clauses that can be told to have been met."""
    return len(CLAUSES.keys() - WORDLESS)


def as_object(progress: Progress, seed: int, workers: int) -> dict[str, Any]:
    """The campaign for machines."""
    tally = progress.tally
    return {
        "steps": tally.steps,
        "packets": tally.packets,
        "seconds": round(progress.seconds, 3),
        "steps_per_second": round(progress.steps_per_second),
        "divergences": len(progress.findings),
        "seed": seed,
        "workers": workers,
        "trace_hash": progress.trace_hash,
        "coverage": {
            "datapath": branches_as_object(progress),
            "model": {"clauses": clauses_reached(progress), "of": clauses_there()},
        },
        "cases": progress.cases,
        "refused": tally.refused.total(),
        "interrupted": progress.interrupted,
        "lost_workers": progress.lost_workers,
        "rounds_left_out": progress.left_out,
        "findings": progress.findings,
        "causes": dict(sorted(progress.causes.items())),
        "statistics": tally.as_object(),
        "vacuous": tally.vacuous(),
    }


def plain_figures(whole: Mapping[str, Any]) -> dict[str, object]:
    """Those of a campaign's figures that are single values, for `fuzzer_stats`."""
    coverage = whole["coverage"]
    datapath = coverage["datapath"]
    plain: dict[str, object] = {
        name: value for name, value in whole.items() if isinstance(value, int | float | str)
    }
    return plain | {
        "branches": f"{datapath['branches']}/{datapath['of']}" if datapath else NOT_COUNTED,
        "clauses": f"{coverage['model']['clauses']}/{coverage['model']['of']}",
    }


def statistics_table(progress: Progress) -> Table:
    """Verdicts, reasons, transitions of connections and clauses, each with its count."""
    tally = progress.tally
    table = plain_table(("what", ""), ("count",))
    for title, counts in (
        ("verdict", tally.verdicts),
        ("reason", tally.reasons),
        ("TCP", tally.transitions),
        ("clause", tally.clauses),
        ("refused", tally.refused),
    ):
        for name, count in sorted(counts.items()):
            table.add_row(title, Text(name), f"{count:,}")
    return table


def vacuous_lines(progress: Progress) -> list[str]:
    """What the campaign never reached, a line for each kind."""
    return [
        f"never reached, {kind}: {', '.join(names)}"
        for kind, names in progress.tally.vacuous().items()
        if names
    ]


def summary(progress: Progress, seed: int) -> list[str]:
    """The end of a campaign in a few lines."""
    tally = progress.tally
    words = "divergence" if len(progress.findings) == 1 else "divergences"
    lines = [f"{name:<12} {value}" for name, value in figures(progress).items()]
    lines += vacuous_lines(progress)
    lines.append(
        f"{len(progress.findings)} {words} in {tally.steps:,} steps, seed {seed}, "
        f"trace {progress.trace_hash}"
    )
    return lines
