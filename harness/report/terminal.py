"""A stored run for the terminal: figures, causes, what was not exercised, the verdict last."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.report.clause_counts import clause_rows, exercised
from harness.report.outcome import Verdict, explanation, figures, outcome_of
from harness.report.tables import plain_table
from harness.report.text import printable_record
from harness.store.records import Finding, Run, Standing

STYLES = {
    Verdict.AGREES: "bold green",
    Verdict.DIVERGES: "bold red",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.NOTHING: "bold yellow",
}


def stored_run(run: Run) -> RenderableType:
    """A run on one screen, as far as its divergences let it."""
    run = printable_record(run)
    outcome = outcome_of(run)
    parts: list[RenderableType] = []
    for finding in run.findings:
        parts += [
            cause(finding),
            Text(finding.first.replay, style="bold cyan", no_wrap=True, overflow="ignore"),
            "",
        ]
    parts += [Text(f"{one.name}: {one.message}", style="yellow") for one in run.failed]
    rows = clause_rows(run)
    parts += [labelled([*figures(run), ("clauses", f"{exercised(rows)} of {len(rows)} exercised")])]
    if run.programs:
        parts += ["", costs(run)]
    return Group(*parts, "", Text(f"run {run.number}: {outcome.words}", STYLES[outcome.verdict]))


def cause(finding: Finding) -> RenderableType:
    """One cause: what was sent, what each side did, where it comes from."""
    one = finding.first
    new = one.standing is Standing.NEW
    heading = f"{one.standing.value} divergence: {one.title}"
    lines = [pair for pair in explanation(one) if pair[0] != "replay"]
    if finding.again:
        lines.append(("again", f"{len(finding.again)} more, {len(finding.scenarios)} scenarios"))
    if one.standing_reason:
        lines.append(("reason", one.standing_reason))
    return Group(Text(heading, style="bold red" if new else "dim"), labelled(lines))


def labelled(lines: list[tuple[str, str]]) -> Table:
    """Labels and words, a line for each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, words in lines:
        table.add_row(label, Text(words))
    return table


def costs(run: Run) -> Table:
    """What the programs cost the verifier."""
    table = plain_table(["program"], ["processed", "states", "stack", "verified in"])
    for one in run.programs:
        table.add_row(
            f"{one.program} ({one.loader})",
            f"{one.processed:,}",
            f"{one.states:,}",
            f"{one.stack:,}",
            f"{one.microseconds / 1000:.1f} ms",
        )
    return table
