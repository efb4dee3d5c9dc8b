"""The one error that a bad input file raises, and where in the file it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from harness.errors import UserError

SHOWN = 60
"""Characters of the input that a message repeats at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text file; line and column count from 1, 0 stands for the whole file."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


class FormatError(UserError):
    """An input file that cannot be read.

    The message is one line: `file:line:column: what is wrong; how to mend it`.
    """

    def __init__(self, place: Place, problem: str, remedy: str = "") -> None:
        text = f"{place}: {problem}; {remedy}" if remedy else f"{place}: {problem}"
        super().__init__(" ".join(text.split()))
        self.place = place
        self.problem = problem
        self.remedy = remedy


def shown(text: str) -> str:
    """A piece of input as messages repeat it: printable, in quotes, not too long."""
    cut = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    return repr(cut)


def one_of(allowed: Iterable[str], given: str) -> str:
    """The remedy for a wrong word: the nearest right one, else all of them."""
    words = list(allowed)
    near = get_close_matches(given, words, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not words:
        return "there is none"
    listed = ", ".join(words[:12])
    return f"use one of: {listed}" + (", ..." if len(words) > 12 else "")
