"""`twinpath explain`: a packet's way through the specification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import file_path
from harness.compare.describe import key_words, structure_words, value_words
from harness.errors import NothingToCompareError
from harness.lockstep.alone import walk_alone
from harness.lockstep.free_choice import always
from harness.reference import ModelReference
from harness.report.console import out, print_json
from harness.report.words import note_words, outcome_words, step_words
from harness.sources import Source, find_sources, matches
from harness.step import Scenario, Step
from harness.subject import Prediction
from model.clauses import CLAUSES

LAST_STEP: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Explained:
    """A step of a scenario; the prediction is there for packets."""

    scenario: str
    number: int
    step: Step
    prediction: Prediction | None


@click.command(name="explain")
@click.argument("path", type=file_path, metavar="PATH")
@click.option(
    "--step", "wanted", type=click.IntRange(1, LAST_STEP), help="Only this step, counted from 1."
)
@click.option("--filter", "pattern", help="Only scenarios whose name, path or clauses match.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(path: Path, wanted: int | None, pattern: str | None, as_json: bool) -> int:
    """Walk a scenario or capture through the specification; no datapath is needed.

    For every packet: the clauses that applied, what was looked up and decided, the verdict and
    the entries that it touched. Free choices are taken to be the first, and full tables to evict
    nothing.
    """
    explained = explain(find_sources([path]), pattern, wanted)
    first = next(explained, None)
    if first is None:
        raise NothingToCompareError(
            f"{path}: no such step or scenario; leave --step and --filter out to see all there are"
        )
    steps = chain([first], explained)
    if as_json:
        print_json({"steps": [as_object(one) for one in steps]})
    else:
        for one in steps:
            show(one)
    return ExitCode.AGREEMENT


def explain(sources: list[Source], pattern: str | None, wanted: int | None) -> Iterator[Explained]:
    """The wanted steps of the scenarios that match. Raises UserError."""
    for scenario in [one for source in sources for one in source.scenarios()]:
        if matches(scenario, pattern):
            first = 0 if wanted is None else wanted - 1
            yield from islice(walk(scenario), first, wanted)


def walk(scenario: Scenario) -> Iterator[Explained]:
    """Every step of a scenario with what the specification says of it."""
    steps = walk_alone(ModelReference(), scenario, lambda _number: always(0))
    for number, (step, prediction) in enumerate(steps, start=1):
        yield Explained(scenario.name, number, step, prediction)


def show(explained: Explained) -> None:
    """One step for people."""
    title = f"{explained.scenario} step {explained.number}: {step_words(explained.step)}"
    out.print(Text(title, style="bold"), soft_wrap=True)
    prediction = explained.prediction
    if prediction is None:
        return
    for note in prediction.notes:
        line = Text(f"  {note.clause:7}", style="cyan")
        line.append(f" {note_words(note)}", style="default")
        line.append(f"   ({CLAUSES[note.clause]})", style="dim")
        out.print(line, soft_wrap=True)
    words = outcome_words(prediction.outcome, prediction.reason)
    out.print(Text(f"  => {words}"), soft_wrap=True)
    for key, entry in prediction.touched:
        words = "absent" if entry is None else structure_words(entry)
        out.print(Text(f"     {key_words(key)}: {words}", style="dim"), soft_wrap=True)


def as_object(explained: Explained) -> dict[str, object]:
    """One step for machines."""
    result: dict[str, object] = {
        "scenario": explained.scenario,
        "step": explained.number,
        "what": step_words(explained.step),
    }
    prediction = explained.prediction
    if prediction is not None:
        result["verdict"] = prediction.outcome.verdict.name.lower()
        result["reason"] = prediction.reason.name.lower()
        result["frame"] = prediction.outcome.data.hex()
        result["notes"] = [
            {
                "clause": note.clause,
                "what": note.what,
                "value": None if note.value is None else value_words(note.value),
            }
            for note in prediction.notes
        ]
        result["touched"] = {
            key_words(key): None if value is None else value_words(value)
            for key, value in prediction.touched
        }
    return result
