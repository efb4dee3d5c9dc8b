"""Results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from harness.bench.compare import Change, Verdict
from harness.bench.measurement import Measurement, Results
from harness.report.tables import number, plain_table

GOAL_WORDS = {True: "met", False: "missed", None: ""}
STYLES = {Verdict.SAME: "", Verdict.BETTER: "green", Verdict.WORSE: "red"}


def results_table(results: Results) -> Table:
    """A row for each figure."""
    table = plain_table(["figure"], ["least", "median", "unit", "floors", "limit", "goal"])
    for one in results.measurements:
        table.add_row(one.name, *cells(one))
    return table


def cells(one: Measurement) -> tuple[str, ...]:
    """One figure in words."""
    return (
        number(one.value),
        "" if one.median is None else number(one.median),
        one.unit,
        "" if one.relative is None else f"{one.relative:.2f}",
        "" if one.limit is None else number(one.limit),
        GOAL_WORDS[one.is_met],
    )


def changes_table(changes: Iterable[Change]) -> Table:
    """A row for each figure that both runs have."""
    table = plain_table(["figure"], ["before", "now", "unit", "change", "noise", "verdict"])
    for one in changes:
        table.add_row(
            one.name,
            number(one.old),
            number(one.new),
            one.unit,
            f"{one.growth:+.1%}",
            f"{one.allowed:.1%}",
            one.verdict.value,
            style=STYLES[one.verdict],
        )
    return table
