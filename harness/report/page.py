"""One page of HTML that needs nothing else: opens offline, prints, fits desktop and phone."""

from __future__ import annotations

from harness.compare.describe import duration_words
from harness.report.charts import reason_chart, topic_bars, trends
from harness.report.clause_counts import clause_rows, columns, exercised
from harness.report.outcome import figures, outcome_of, place_words
from harness.report.source_view import side_views
from harness.report.template import environment
from harness.report.text import printable_record
from harness.store.records import PastRun, Run, ScenarioStatus


def as_page(run: Run, history: tuple[PastRun, ...] = ()) -> str:
    """A run as a page."""
    run = printable_record(run)
    rows = clause_rows(run)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            run=run,
            outcome=outcome_of(run),
            figures=figures(run),
            rows=rows,
            columns=columns(run),
            exercised=exercised(rows),
            topics=topic_bars(rows),
            reasons=reason_chart(run),
            trends=trends(history),
            sides=side_views(run),
            tiles=tiles(run, exercised(rows), len(rows)),
            unhappy=[one for one in run.scenarios if one.status is not ScenarioStatus.AGREES],
            place_words=place_words,
            duration=duration_words,
        )
    )


def tiles(run: Run, met: int, clauses: int) -> list[tuple[str, str, str]]:
    """The figures that are read first: number, what it counts, more about it."""
    found = [
        (f"{run.packets:,}", "packets compared", f"by {', '.join(run.facts.loaders)}"),
        (f"{len(run.scenarios):,}", "scenarios", f"{run.steps:,} steps"),
        (f"{len(run.new):,}", "new divergences", f"{len(run.divergences):,} in all"),
        (f"{met} of {clauses}", "clauses exercised", ""),
    ]
    for view in side_views(run):
        reachable = view.branches - view.excused
        share = 100 * view.reached / reachable if reachable else 100.0
        words = f"{view.reached:,} of {reachable:,} that can be"
        found.append((f"{share:.1f} %", f"{view.side} branches reached", words))
    return found
