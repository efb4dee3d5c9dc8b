"""What a gate has shown: its stages, what fails it, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from harness.commands.exit_codes import ExitCode
from harness.gate.cost import Cost
from harness.mutate.score import Judged
from harness.store.records import Run


class NotRunError(Exception):
    """Why a stage is not run."""


class State(Enum):
    """How far a stage came."""

    DONE = "done"
    CUT_SHORT = "cut short"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. What is `needed` for a pass has to be done to its end."""

    name: str
    state: State
    seconds: float
    words: str
    needed: bool = False


@dataclass(slots=True)
class Outcome:
    """Everything but the divergences, which are in `run`.

    `failing` are properties that fail on the head alone, `mend` what is wrong with reviewed files,
    `notes` what is worth knowing and fails nothing.
    """

    stages: list[Stage] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    survivors: list[Judged] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    mend: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    run: Run | None = None

    @property
    def new_divergences(self) -> int:
        """Divergences that count."""
        return 0 if self.run is None else len(self.run.new)

    @property
    def is_compared(self) -> bool:
        """Whether each loader has compared packets."""
        if self.run is None:
            return False
        return bool(self.run.facts.loaders) and all(
            any(one.packets for one in self.run.scenarios if one.loader == loader)
            for loader in self.run.facts.loaders
        )

    @property
    def missing(self) -> list[Stage]:
        """Stages without which there is no pass."""
        return [one for one in self.stages if one.needed and one.state is not State.DONE]

    def complaints(self) -> Iterator[str]:
        """What fails the gate beside divergences, a line each."""
        yield from (one.complaint for one in self.costs if one.complaint)
        yield from (f"property fails, and not on the base: {node}" for node in self.failing)
        yield from self.failures
        yield from self.mend

    def exit_code(self) -> ExitCode:
        """The verdict for the shell; docs/gate.md has the table."""
        if self.new_divergences or self.failing or any(one.complaint for one in self.costs):
            return ExitCode.DIVERGENCE
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.failures or self.mend:
            return ExitCode.USAGE
        if not self.is_compared:
            return ExitCode.NOTHING_COMPARED
        return ExitCode.INTERRUPTED if self.missing else ExitCode.AGREEMENT
