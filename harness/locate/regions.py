"""Pieces of the C source with how often each ran, out of the counters of an instrumented build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.coverage.build import CoverageBuild
from harness.coverage.llvm import export_json

CODE: Final = 0
"""LLVM's kind of a region that is code and not the body of a macro."""


class Region(NamedTuple):
    """A piece of a file that runs as a whole: lines and columns from 1, the end included."""

    file: Path
    line: int
    column: int
    last_line: int
    last_column: int


class Profile(NamedTuple):
    """How often each region ran, and the body of each function by name."""

    counts: dict[Region, int]
    bodies: dict[str, Region]


def profile(build: CoverageBuild, values: NDArray[np.uint64]) -> Profile:
    """What the counters, of shape (n,), say of the source.

    Raises MissingToolError, ReportError, ObjectError.
    """
    (report,) = json.loads(export_json(build, values))["data"]
    found = Profile({}, {})
    for function in report["functions"]:
        _add(found, function, build.source.parent)
    return found


def _add(found: Profile, function: dict[str, Any], folder: Path) -> None:
    """A function's regions. LLVM gives: place (4 numbers), count, file, file of a macro, kind."""
    files = [(folder / name).resolve() for name in function["filenames"]]
    for *place, count, file, _, kind in function["regions"]:
        if kind == CODE:
            region = Region(files[file], *place)
            found.counts[region] = found.counts.get(region, 0) + count
            found.bodies.setdefault(function["name"].rpartition(":")[2], region)


def lines_run(
    counts: Mapping[Region, int], texts: Mapping[Path, list[str]]
) -> set[tuple[Path, int]]:
    """Lines that ran: those whose innermost region did. `texts` are the lines of the files.

    What ran on a line before a region begins in its middle did run.
    """
    ran: dict[tuple[Path, int], bool] = {}
    for region in sorted(counts, key=lambda one: one.line - one.last_line):
        for line in range(region.line, region.last_line + 1):
            before = line == region.line and texts[region.file][line - 1][: region.column - 1]
            kept = bool(before and before.strip()) and ran.get((region.file, line), False)
            ran[region.file, line] = counts[region] > 0 or kept
    return {place for place, did in ran.items() if did}
