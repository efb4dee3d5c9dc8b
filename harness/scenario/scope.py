"""What the reader of a scenario knows at a step: names so far, the family, the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.scenario.document import Node
from harness.scenario.duration import LONGEST, duration
from harness.scenario.reading import Reader
from harness.scenario.registry import Registry
from model.domain.address import Family


@dataclass(frozen=True, slots=True)
class Scope:
    """`family` is the one that the scenario is being read for; None: as the packets say.

    `translated` says that the same text is read for another family as well.
    """

    file: Path
    registry: Registry
    family: Family | None
    translated: bool = False

    def span(self, low: int = 0) -> Reader[int]:
        """A reader of spans of time that knows the configured timeouts."""
        return duration(self.registry.configuration.timeouts, low)

    def from_now(self, node: Node) -> int:
        """A point in time, written as the span from the scenario's clock to it."""
        return self.registry.clock + self.span(low=-LONGEST)(node)
