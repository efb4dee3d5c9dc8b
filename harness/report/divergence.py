"""A divergence's first screen: what was sent, what each side did, what differs, how to replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.compare.describe import value_words
from harness.compare.difference import Difference
from harness.lockstep.result import Divergence
from harness.report.words import outcome_words, step_words
from harness.step import PacketStep

DIFFERENCES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How often the same divergence came about when its steps were run again."""

    agreed: int
    tries: int


def screen(divergence: Divergence, reproduction: Reproduction, replay: str) -> RenderableType:
    """The screen; rich takes the colours off where they would not show."""
    return Panel(
        Group(facts(divergence, reproduction, replay), differences_table(divergence.differences)),
        title=Text(f"divergence: {divergence.scenario.name}"),
        title_align="left",
        border_style="red",
    )


def facts(divergence: Divergence, reproduction: Reproduction, replay: str) -> Table:
    """What is told in words, a line for each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, words in lines(divergence):
        table.add_row(label, Text(words))
    table.add_row("reproduced", f"{reproduction.agreed} of {reproduction.tries} times")
    table.add_row("replay", Text(replay, style="bold cyan"))
    return table


def lines(divergence: Divergence) -> Iterator[tuple[str, str]]:
    """Labels and words of what happened."""
    step = divergence.step
    yield "where", place(divergence)
    yield "sent", step_words(step) if step is not None else "(whole state after the last step)"
    if divergence.prediction is not None:
        yield "model", outcome_words(divergence.prediction.outcome)
        yield "", f"reason {divergence.prediction.reason.name.lower()}"
        for note in divergence.prediction.notes:
            value = "" if note.value is None else f": {value_words(note.value)}"
            yield "", f"{note.clause}  {note.what}{value}"
    if divergence.outcome is not None:
        yield divergence.subject, outcome_words(divergence.outcome)


def place(divergence: Divergence) -> str:
    """Which step of what."""
    words = f"step {divergence.index + 1}"
    step = divergence.step
    if isinstance(step, PacketStep) and step.origin:
        words += f", {step.origin}"
    if isinstance(step, PacketStep) and step.note:
        words += f" ({step.note})"
    return words


def differences_table(differences: tuple[Difference, ...]) -> Table:
    """The differences by field, the weightiest first."""
    table = Table(box=None, padding=(0, 2), title_justify="left")
    for title in ("compared", "of", "field", "expected", "actual"):
        table.add_column(title, overflow="fold")
    for number, one in enumerate(differences[:DIFFERENCES_SHOWN]):
        style = "bold" if number == 0 else "dim"
        cells = (
            one.kind.value,
            one.where,
            one.field,
            value_words(one.expected),
            value_words(one.actual),
        )
        table.add_row(*(Text(cell) for cell in cells), style=style)
    more = len(differences) - DIFFERENCES_SHOWN
    if more > 0:
        table.add_row(f"and {more} more")
    return table
