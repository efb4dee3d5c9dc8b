"""What a campaign asks of those who carry its rounds out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from harness.errors import UserError


class PoolError(UserError):
    """No process can carry out rounds."""


class Order(NamedTuple):
    """One round of so many steps at most."""

    number: int
    steps: int

    def as_order(self) -> dict[str, Any]:
        """As a worker reads it."""
        return {"round": self.number, "steps": self.steps}


@dataclass(slots=True)
class Knowledge:
    """Cases in order, and features, that a campaign has come to know."""

    cases: list[str] = field(default_factory=list)
    features: list[int] = field(default_factory=list)

    def add(self, other: Knowledge) -> None:
        """Take in what is new."""
        self.cases += other.cases
        self.features += other.features

    def as_order(self) -> dict[str, Any]:
        """As a worker reads it."""
        return {"learn": {"cases": self.cases, "features": self.features}}


class Ready(NamedTuple):
    """A worker has begun: branches that it can count, or why it counts none."""

    branches: int
    blind: str


class RoundDone(NamedTuple):
    """A round, as harness.fuzz.explorer.Round.as_object gives it; or only `round` and `failed`."""

    round: dict[str, Any]


class WorkerLost(NamedTuple):
    """A worker has died; its rounds are carried out by others."""

    pid: int
    code: int | None


Event = Ready | RoundDone | WorkerLost


class Pool(Protocol):
    """Carries out rounds by what it knows when it is given them."""

    def learn(self, knowledge: Knowledge) -> None:
        """Tell every worker what is new: for the rounds that are submitted from here on."""

    def submit(self, orders: Sequence[Order]) -> None:
        """Rounds to carry out, in whatever order."""

    def events(self, timeout: float) -> Iterator[Event]:
        """What has happened, after waiting for it at most so many seconds. Raises UserError."""

    def close(self) -> None:
        """End every worker. Safe to call twice."""
