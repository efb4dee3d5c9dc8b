"""The job summary: Markdown for the page of a pipeline's run."""

from __future__ import annotations

import re
from typing import Final

from harness.report.clause_counts import clause_rows, exercised
from harness.report.outcome import explanation, figures, outcome_of
from harness.report.template import environment
from harness.report.text import printable_record
from harness.store.records import PastRun, ProgramCost, Run

SPECIAL: Final = re.compile(r"([\\`*_\[\]<#!|~&@])")
"""What means something in Markdown or in the HTML that it lets through."""


def as_markdown(run: Run, history: tuple[PastRun, ...] = ()) -> str:
    """A run as a job summary: verdict, divergences, figures, clauses that nothing exercised."""
    run = printable_record(run)
    engine = environment(autoescape=False)
    engine.filters.update(plain=plain, code=code)
    rows = clause_rows(run)
    return engine.get_template("summary.md.j2").render(
        run=run,
        outcome=outcome_of(run),
        figures=figures(run),
        explanation=explanation,
        exercised=exercised(rows),
        rows=rows,
        before=before(run, history),
    )


def before(run: Run, history: tuple[PastRun, ...]) -> dict[tuple[str, str], ProgramCost]:
    """What the programs cost in the run before."""
    past = [one for one in history if one.number < run.number]
    return {(one.loader, one.program): one for one in past[-1].programs} if past else {}


def plain(text: str) -> str:
    """Text that is shown as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Text as code, on one line, between more backticks than it holds; table cells included."""
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")
