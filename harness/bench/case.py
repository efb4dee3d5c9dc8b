"""One thing that is timed: a packet, what has to be there before it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from harness.bench.wrapper import Series
from model.domain.address import Family
from model.domain.configuration import Configuration, EventSwitches
from model.domain.event import Hook
from model.domain.operation import PutEntry
from model.domain.packet import Packet
from model.domain.reason import Reason

REPEAT: Final = 20_000
"""Packets per round: some milliseconds, less than the scheduler's patience."""

SILENT: Final = EventSwitches(policy_verdicts=False, selections=False, drops=False)
QUIET: Final = Configuration(events=SILENT)
"""What is measured unless a case says otherwise: the defaults, but no events."""


class Floor(Enum):
    """What a goal is counted in (docs/performance.md)."""

    LOOKUP = "look-up"
    INSERT = "insertion"


@dataclass(frozen=True, slots=True)
class Goal:
    """At most so much of a floor of the same run.

    `reference`: nanoseconds of the best known datapath; `floor` what its time is made of.
    """

    reference: float
    floor: Floor


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A packet to be timed; a case is the same as itself alone.

    `opening` are packets that make the flow; they are run again before each round, because a full
    table evicts. `reason` is what every packet of a round has to end with: the counters say so
    afterwards. `keeps_flows`: a series of flows that are there already. `planted` are entries that
    no packet makes. `lookups` are the hash look-ups that an established packet cannot avoid; 0
    where there is no such bound.
    """

    name: str
    family: Family
    packet: Packet
    reason: Reason
    opening: tuple[Packet, ...] = ()
    series: Series | None = None
    configuration: Configuration = QUIET
    planted: tuple[PutEntry, ...] = ()
    repeat: int = REPEAT
    keeps_flows: bool = False
    goal: Goal | None = None
    lookups: int = 0

    @property
    def hook(self) -> Hook:
        """Where the packet is seen."""
        return self.packet.hook


def no_case(suite: str, patterns: Sequence[str], names: Collection[str]) -> str:
    """What to say where no case is chosen."""
    known = ", ".join(sorted(names))
    return f"no case of {suite} is called {', '.join(patterns)}; there are {known}"
