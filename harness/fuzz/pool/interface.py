"""What a campaign asks of those who carry its rounds out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from harness.errors import UserError
from harness.fuzz.knowledge import Knowledge


class PoolError(UserError):
    """No process can carry out rounds."""


class Order(NamedTuple):
    """One round of so many steps at most; with a `case`, that one as it is."""

    number: int
    steps: int
    case: str = ""

    def as_object(self) -> dict[str, Any]:
        """As a worker reads it."""
        return {"round": self.number, "steps": self.steps, "case": self.case}


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

    def drain(self) -> Iterator[Event]:
        """Give no more orders, and tell what is still brought to an end, within some seconds."""

    def close(self) -> None:
        """End every worker. Safe to call twice."""
