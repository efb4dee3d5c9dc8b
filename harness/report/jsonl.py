"""JSON lines: one object for each fact of a run, `type` first; for programs that ask further."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import Enum
from typing import Any

from harness.report.outcome import outcome_of
from harness.store.records import Run

TABLES = {
    "scenario": "scenarios",
    "clause": "clauses",
    "reason": "reasons",
    "refusal": "refusals",
    "divergence": "divergences",
    "coverage": "coverage",
    "program": "programs",
    "measure": "measures",
}
"""Types of lines, and the fields of a run that they tell."""


def as_jsonl(run: Run) -> str:
    """A run: first a line of type `run` with verdict and facts, then everything that it holds.

    Coverage comes without the sources; the store has them.
    """
    return "".join(json.dumps(one, default=enum_value) + "\n" for one in objects(run))


def objects(run: Run) -> Iterator[dict[str, Any]]:
    """The lines."""
    outcome = outcome_of(run)
    yield {
        "type": "run",
        "number": run.number,
        "state": run.state.value,
        "verdict": outcome.verdict.value,
        "words": outcome.words,
        **asdict(run.facts),
        "steps": run.steps,
        "packets": run.packets,
        "seconds": round(run.seconds, 3),
    }
    for kind, name in TABLES.items():
        for one in getattr(run, name):
            fields = asdict(one)
            fields.pop("source", None)
            yield {"type": kind, **fields}


def enum_value(value: object) -> object:
    """Enums by value."""
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} is no part of a record")
