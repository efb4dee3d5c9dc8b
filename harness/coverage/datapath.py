"""The datapath's side: from counters to branches of the C source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.coverage.branch import Branch, FileCoverage, Side, SideCoverage, numbered, one_blank
from harness.coverage.build import CoverageBuild
from harness.coverage.lines import line_counts
from harness.coverage.llvm import export_json

EXPANSION: Final = 1
"""LLVM's kind of a region that a macro expands to."""


class _Place(NamedTuple):
    """A decision's text: first and last line and column, from 1, the end not included."""

    line: int
    column: int
    end_line: int
    end_column: int


def datapath_coverage(build: CoverageBuild, values: NDArray[np.uint64], root: Path) -> SideCoverage:
    """What the counters, of shape (n,), say of the C source; files are named from `root` on.

    A branch of the source is reached if any inlined copy of it is.

    Raises MissingToolError, ReportError, ObjectError.
    """
    (report,) = json.loads(export_json(build, values))["data"]
    branches: dict[str, list[Branch]] = {}
    texts = {one["filename"]: _Text(build, one["filename"], root) for one in report["files"]}
    for function in report["functions"]:
        for name, found in _branches(function, texts):
            branches.setdefault(name, []).append(found)
    files = []
    for one in report["files"]:
        name = one["filename"]
        lines = one["summary"]["lines"]
        counts = line_counts(one["segments"])
        files.append(
            FileCoverage(
                texts[name].shown,
                lines["count"],
                lines["covered"],
                numbered(branches.get(name, ())),
                f"coverage/{name}.html",
                tuple(line for line, count in counts.items() if count),
                tuple(line for line, count in counts.items() if not count),
            )
        )
    return SideCoverage(Side.DATAPATH, tuple(sorted(files, key=lambda file: file.file)))


class _Text:
    """A source file, and what it is called."""

    def __init__(self, build: CoverageBuild, name: str, root: Path) -> None:
        path = (build.source.parent / name).resolve()
        self.shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        self._lines = path.read_text(encoding="utf-8", errors="replace").splitlines()

    def at(self, place: _Place) -> str:
        """The text of a decision on one line.

        To LLVM a decision that ends with a macro ends with the macro's name; the arguments are
        added here.
        """
        lines = self._lines[place.line - 1 : place.end_line]
        lines[-1] = lines[-1][: place.end_column - 1]
        lines[0] = lines[0][place.column - 1 :]
        rest = [
            self._lines[place.end_line - 1][place.end_column - 1 :],
            *self._lines[place.end_line :],
        ]
        return one_blank(" ".join(lines) + _arguments("\n".join(rest)))


def _arguments(rest: str) -> str:
    """What is in parentheses right at the beginning, with them."""
    if not rest.startswith("("):
        return ""
    depth = 0
    for position, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return rest[: position + 1]
    return ""


def _branches(function: dict[str, Any], texts: dict[str, _Text]) -> Iterator[tuple[str, Branch]]:
    """Both ways of each decision of a function, with the file that it is in.

    LLVM gives: place (4 numbers), count of true, count of false, number of the file.
    """
    name = function["name"].rpartition(":")[2]
    macros = _macros(function)
    for *numbers, true, false, file, _, _ in function["branches"]:
        place = _Place(*numbers)
        line, column, *_ = place
        path = function["filenames"][file]
        text = texts[path].at(macros.get((file, line, column), place))
        for outcome, count in (("true", true), ("false", false)):
            shown = texts[path].shown
            yield path, Branch(shown, line, column, outcome, name, text, 1, count > 0)


def _macros(function: dict[str, Any]) -> dict[tuple[int, int, int], _Place]:
    """Names of macros by number of the file, line and column: a decision that is one has no end.

    LLVM gives of each region: place (4 numbers), count, number of the file, of the expanded file,
    kind.
    """
    return {
        (file, numbers[0], numbers[1]): _Place(*numbers)
        for *numbers, _count, file, _expanded, kind in function["regions"]
        if kind == EXPANSION
    }
