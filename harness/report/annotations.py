"""Annotations of GitHub Actions: workflow commands that put a line beside the source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.report.outcome import Verdict, explanation, outcome_of
from harness.report.text import printable_record
from harness.store.records import Finding, Place, Run, Standing

MESSAGE: Final = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
"""What a command's message must not hold as it is."""

PROPERTY: Final = (*MESSAGE, (":", "%3A"), (",", "%2C"))
"""The same of a property."""


def as_annotations(run: Run) -> str:
    """An error for each new cause, at its line; a notice for each known one; the verdict last."""
    return "".join(f"{line}\n" for line in annotation_lines(run))


def annotation_lines(run: Run) -> Iterator[str]:
    """A workflow command for each thing to be said."""
    run = printable_record(run)
    for finding in run.findings:
        yield finding_line(finding)
    for one in run.failed:
        yield command("error", f"{one.name}: {one.message}", title="scenario not carried out")
    outcome = outcome_of(run)
    level = "notice" if outcome.is_good else "error"
    if outcome.verdict is not Verdict.DIVERGES:
        yield command(level, outcome.words, title=f"twinpath {run.facts.command}")


def finding_line(finding: Finding) -> str:
    """One cause. Known ones are told, but fail nothing."""
    one = finding.first
    lines = [f"{label}: {words}" for label, words in explanation(one)]
    if one.standing is not Standing.NEW:
        title = f"{one.standing.value} divergence ({one.clause})"
        return command("notice", f"{one.title}\n{one.standing_reason}", title=title)
    place = (*one.location.datapath, one.location.model)[0]
    title = f"divergence: {one.clause or 'state'} ({one.loader})"
    return command("error", "\n".join([one.title, *lines]), place, title)


def command(level: str, message: str, place: Place | None = None, title: str = "") -> str:
    """One workflow command, on one line whatever it says."""
    properties = {} if place is None else {"file": place.file, "line": str(place.line)}
    properties["title"] = title
    words = ",".join(
        f"{name}={escaped(value, PROPERTY)}" for name, value in properties.items() if value
    )
    return f"::{level} {words}::{escaped(message, MESSAGE)}"


def escaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    """The text as a workflow command wants it."""
    for plain, code in escapes:
        text = text.replace(plain, code)
    return text
