"""Survivors as annotations of GitHub Actions, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.mutate.report.sarif import message
from harness.mutate.result import Class
from harness.mutate.score import Judged
from harness.report.annotations import MESSAGE, escaped


def annotation_lines(judged: Sequence[Judged]) -> Iterator[str]:
    """A workflow command for each survivor that no review explains."""
    for one in judged:
        if one.result.status is Class.SURVIVED and not one.reason:
            mutant = one.mutant
            place = f"file={mutant.file},line={mutant.line},endLine={mutant.last_line}"
            title = f"mutant survives ({mutant.operator})"
            yield f"::warning {place},title={title}::{escaped(message(one), MESSAGE)}"
