"""What programs may cost the verifier: a reviewed file.

[growth]                   # percent that a figure may grow from base to head
instructions = 5.0

[[limit]]                  # what it may be at all
program = "from_container"
instructions = 200_000

[[accepted]]               # growth that somebody has looked at
program = "from_container"
figure = "instructions"
up_to = 150_000
reason = "one sentence"
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from harness.reviewed import Reviewed, read_reviewed

MANUAL: Final = "docs/gate.md"
Figure = Literal["instructions", "states", "stack", "load_microseconds"]
FIGURES: Final[tuple[Figure, ...]] = ("instructions", "states", "stack", "load_microseconds")


class Growth(Reviewed):
    """Percent by figure. Time is noisy: its bound is meant for what is out of all proportion."""

    instructions: float = Field(default=5.0, ge=0)
    states: float = Field(default=5.0, ge=0)
    stack: float = Field(default=10.0, ge=0)
    load_microseconds: float = Field(default=100.0, ge=0)


class Limit(Reviewed):
    """The most that each figure of a program may be."""

    program: str
    instructions: int = Field(ge=1)
    states: int = Field(ge=1)
    stack: int = Field(ge=1)
    load_microseconds: int = Field(ge=1)


class Accepted(Reviewed):
    """Growth that is let pass as long as the figure stays at or below `up_to`."""

    program: str
    figure: Figure
    up_to: int = Field(ge=1)
    reason: str = Field(min_length=10)


class Limits(Reviewed):
    """The file."""

    growth: Growth = Field(default_factory=Growth)
    limit: list[Limit] = Field(default_factory=list)
    accepted: list[Accepted] = Field(default_factory=list)

    def most(self, program: str, figure: Figure) -> int | None:
        """The absolute bound of a figure, if there is one."""
        found = [getattr(one, figure) for one in self.limit if one.program == program]
        return int(found[0]) if found else None

    def accepts(self, program: str, figure: Figure, value: float) -> bool:
        """Whether growth up to a value has been reviewed."""
        return any(
            (one.program, one.figure) == (program, figure) and value <= one.up_to
            for one in self.accepted
        )


def read_limits(path: Path) -> Limits:
    """Read the file. Raises UserError."""
    return read_reviewed(path, Limits, MANUAL)
