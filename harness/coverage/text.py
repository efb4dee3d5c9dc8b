"""The report in words: a table, the list of branches that are missing, the source around them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from rich.table import Table

from harness.coverage.branch import Branch
from harness.coverage.report import Report
from harness.report.tables import plain_table

CONTEXT_LINES: Final = 2
"""Lines that are shown before and after one with a missing branch."""


def totals(report: Report) -> Table:
    """A row for each side. The last column is the share of the reachable branches."""
    titles = ("lines", "run", "branches", "reached", "unreachable", "missing", "of reachable")
    table = plain_table(["side"], titles)
    for one in report.sides:
        coverage = one.coverage
        table.add_row(
            coverage.side.value,
            f"{coverage.lines:,}",
            f"{coverage.lines_reached:,}",
            f"{len(coverage.branches):,}",
            f"{one.reached:,}",
            f"{len(one.judged.excused):,}",
            f"{len(one.judged.missing):,}",
            f"{one.share:.1%}",
        )
    return table


def missing_lines(report: Report) -> Iterator[str]:
    """A line for each branch that no step took and that is not on the reviewed list."""
    for one in report.sides:
        for branch in one.judged.missing:
            yield f"{place(branch)}: {branch.function}: {never(branch)}"


def place(branch: Branch) -> str:
    """`file:line`, with the column where there is one."""
    column = f":{branch.column}" if branch.column else ""
    return f"{branch.file}:{branch.line}{column}"


def never(branch: Branch) -> str:
    """What did not happen."""
    if branch.outcome in ("true", "false"):
        return f"[{branch.text}] is never {branch.outcome}"
    return f"[{branch.text}] never goes on to [{branch.outcome}]"


def source_view(report: Report, root: Path) -> Iterator[str]:
    """The source around missing branches, `!` before lines that have one; names are below root."""
    for one in report.sides:
        for file, branches in groupby(one.judged.missing, lambda branch: branch.file):
            yield f"{file}"
            yield from _file_view(root / file, list(branches))


def _file_view(path: Path, branches: list[Branch]) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    marked = {branch.line for branch in branches}
    shown = {
        number
        for line in marked
        for number in range(line - CONTEXT_LINES, line + CONTEXT_LINES + 1)
        if 1 <= number <= len(lines)
    }
    last = 0
    for number in sorted(shown):
        if last and number > last + 1:
            yield "       ..."
        mark = "!" if number in marked else " "
        yield f"{number:5} {mark} {lines[number - 1].expandtabs(4)}".rstrip()
        last = number
        for branch in branches:
            if branch.line == number:
                yield f"        ^ {never(branch)}"
