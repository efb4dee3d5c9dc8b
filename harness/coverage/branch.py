"""What is counted: branches, lines and files of either side, and what of them was reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum


class Side(Enum):
    """Where a branch is."""

    DATAPATH = "datapath"
    MODEL = "model"


@dataclass(frozen=True, slots=True, order=True)
class Branch:
    """One way out of one decision in the source.

    `file` is relative to the repository, `line` counts from 1, `text` is the decision as it is
    written, blanks made one. `outcome` is `true` or `false` in C; in Python it is the text of the
    line that comes next, or `leave` where the function ends. `number` tells decisions of the same
    text in one function apart, from 1 in order of place.
    """

    file: str
    line: int
    column: int
    outcome: str
    function: str
    text: str
    number: int
    reached: bool


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One source file: its lines that can run, how many of them did, its branches."""

    file: str
    lines: int
    lines_reached: int
    branches: tuple[Branch, ...]
    page: str = ""
    """The file's page below the folder of the side's HTML."""
    run: tuple[int, ...] = ()
    """Numbers of the lines that ran, from 1."""
    missed: tuple[int, ...] = ()
    """Numbers of those that can run and did not."""


@dataclass(frozen=True, slots=True)
class SideCoverage:
    """One side, files in order of name."""

    side: Side
    files: tuple[FileCoverage, ...]

    @property
    def branches(self) -> tuple[Branch, ...]:
        """All branches in order of place."""
        return tuple(branch for file in self.files for branch in file.branches)

    @property
    def lines(self) -> int:
        """Lines that can run."""
        return sum(file.lines for file in self.files)

    @property
    def lines_reached(self) -> int:
        """Lines that did run."""
        return sum(file.lines_reached for file in self.files)


def one_blank(text: str) -> str:
    """Source text on one line, blanks and line ends made one blank each."""
    return " ".join(text.split())


def numbered(branches: Iterable[Branch]) -> tuple[Branch, ...]:
    """Branches in order of place, those that are called the same told apart by `number`."""
    seen: dict[tuple[str, str, str, str], int] = {}
    result = []
    for branch in sorted(branches):
        name = (branch.file, branch.function, branch.text, branch.outcome)
        seen[name] = number = seen.get(name, 0) + 1
        result.append(replace(branch, number=number))
    return tuple(result)
