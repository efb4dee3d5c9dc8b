"""A campaign as JSON in the mutation-testing-elements schema, which other viewers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from harness.mutate.result import Class
from harness.mutate.score import Judged, matrix, means, pace_of, score_of, score_of_others

SCHEMA: Final = "https://git.io/mutation-testing-schema"
VERSION: Final = "2"
HIGH: Final = 97
LOW: Final = 90
"""Percentages from where viewers show a score as good, and below which as bad."""

LANGUAGES: Final = {".h": "c", ".py": "python"}
STATUSES: Final = {
    Class.KILLED: "Killed",
    Class.SURVIVED: "Survived",
    Class.EQUIVALENT: "Ignored",
    Class.REFUSED: "CompileError",
    Class.NOT_COMPILED: "CompileError",
    Class.TIMED_OUT: "Timeout",
    Class.FAILED: "RuntimeError",
}


def as_elements(judged: Sequence[Judged]) -> dict[str, object]:
    """The whole report."""
    files: dict[str, dict[str, object]] = {}
    mutants: dict[str, list[dict[str, object]]] = {}
    for one in judged:
        mutant = one.mutant
        if mutant.file not in files:
            suffix = "." + mutant.path.rpartition(".")[2]
            listed: list[dict[str, object]] = []
            files[mutant.file] = {
                "language": LANGUAGES.get(suffix, "text"),
                "source": mutant.data.decode(),
                "mutants": listed,
            }
            mutants[mutant.file] = listed
        mutants[mutant.file].append(as_mutant(one))
    return {
        "$schema": SCHEMA,
        "schemaVersion": VERSION,
        "thresholds": {"high": HIGH, "low": LOW},
        "config": as_figures(judged),
        "files": files,
    }


def as_figures(judged: Sequence[Judged]) -> dict[str, object]:
    """What it adds up to. The schema leaves a tool's own words free under `config` alone."""
    score, pace = score_of(judged), pace_of(judged)
    figures: dict[str, object] = {
        "killed": score.killed,
        "counted": score.counted,
        "reviewedAsEquivalent": score.counted - score_of_others(judged).counted,
        "killedBy": means(judged),
        "matrix": [asdict(line) for line in matrix(judged)],
    }
    if pace is not None:
        figures["medianSecondsToKill"] = pace.seconds
        figures["medianSecondsComparing"] = pace.comparing
        figures["medianStepsToKill"] = pace.steps
    return figures


def as_mutant(judged: Judged) -> dict[str, object]:
    """One mutant."""
    mutant, result = judged.mutant, judged.result
    begin, end, text = mutant.replacement
    found: dict[str, object] = {
        "id": mutant.identifier,
        "mutatorName": mutant.operator,
        "replacement": text.decode(),
        "location": {"start": position(mutant.data, begin), "end": position(mutant.data, end)},
        "status": STATUSES[result.status],
        "duration": round(result.seconds * 1000),
    }
    reason = judged.reason or result.detail
    if result.kill is not None:
        found["killedBy"] = [result.kill.by]
        found["testsCompleted"] = result.kill.steps
        reason = result.kill.first
    elif result.status in (Class.EQUIVALENT, Class.REFUSED):
        reason = result.status.value + (f": {result.detail}" if result.detail else "")
    if reason:
        found["statusReason"] = reason
    return found


def position(data: bytes, place: int) -> dict[str, int]:
    """Line and column of a byte, both from 1."""
    line_begin = data.rfind(b"\n", 0, place) + 1
    column = len(data[line_begin:place].decode()) + 1
    return {"line": data.count(b"\n", 0, place) + 1, "column": column}
