"""A divergence's first screen: what was sent, what each side did, what differs, how to replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.compare.describe import field_words
from harness.compare.difference import Difference
from harness.lockstep.result import Divergence
from harness.report.tables import plain_table
from harness.report.words import note_words, outcome_words, step_words
from harness.step import PacketStep

DIFFERENCES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How often the same divergence came about when its steps were run again."""

    agreed: int
    tries: int

    def words(self) -> str:
        """In words; nobody is told that 0 of 0 runs agreed."""
        return f"{self.agreed} of {self.tries} times" if self.tries else "not run again"


def print_divergence(
    console: Console, divergence: Divergence, reproduction: Reproduction, replay: str
) -> None:
    """Print the screen, and below it the line to paste, whole however long it is."""
    console.print(screen(divergence, reproduction))
    console.print(Text(replay, style="bold cyan"), soft_wrap=True)


def screen(divergence: Divergence, reproduction: Reproduction) -> RenderableType:
    """What happened, and what differs."""
    return Panel(
        Group(facts(divergence, reproduction), "", differences_table(divergence.differences)),
        title=Text(f"divergence: {divergence.scenario.name}"),
        title_align="left",
        border_style="red",
        expand=False,
    )


def facts(divergence: Divergence, reproduction: Reproduction) -> Table:
    """What is told in words, a line for each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, words in lines(divergence):
        table.add_row(label, Text(words))
    table.add_row("reproduced", f"{reproduction.words()}; the line below replays it")
    return table


def lines(divergence: Divergence) -> Iterator[tuple[str, str]]:
    """Labels and words of what happened."""
    yield "where", place(divergence)
    step, prediction, call = divergence.step, divergence.prediction, divergence.failed_call
    if step is not None:
        yield "sent" if isinstance(step, PacketStep) else "done", step_words(step)
    if call is not None:
        yield "failed", f"call {call.number} of those that can fail, {call.name}"
    if prediction is not None:
        yield divergence.reference, outcome_words(prediction.outcome, prediction.reason)
        for note in prediction.notes:
            yield "", f"{note.clause:7} {note_words(note)}"
    if divergence.outcome is not None:
        yield divergence.subject, outcome_words(divergence.outcome, divergence.counted_reason)


def place(divergence: Divergence) -> str:
    """Which step of what."""
    step = divergence.step
    if step is None:
        return f"the whole state, after step {divergence.index} (the last one)"
    words = f"step {divergence.index + 1}"
    if step.origin:
        words += f", {step.origin}"
    if isinstance(step, PacketStep) and step.note:
        words += f" ({step.note})"
    return words


def differences_table(differences: tuple[Difference, ...]) -> Table:
    """The differences by field, the weightiest first."""
    table = plain_table(["compared", "of", "field", "expected", "actual"])
    for number, one in enumerate(differences[:DIFFERENCES_SHOWN]):
        style = "bold" if number == 0 else "dim"
        cells = (
            one.kind.value,
            one.where,
            one.field,
            field_words(one.field, one.expected),
            field_words(one.field, one.actual),
        )
        table.add_row(*(Text(cell) for cell in cells), style=style)
    more = len(differences) - DIFFERENCES_SHOWN
    if more > 0:
        table.add_row(f"and {more} more")
    return table
