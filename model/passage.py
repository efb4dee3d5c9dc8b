"""One packet on its way through the machines: what is given, and what it may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from model.domain.endpoint import Endpoint
from model.domain.event import Event, Hook
from model.domain.flow import Entry, Flow, FlowKey
from model.domain.packet import Packet
from model.packet.view import View
from model.trace import Trace
from model.world import World

Draw = Callable[[int], int]
"""A free choice: a number from 0 to n - 1 (LB-3c)."""


@dataclass(slots=True)
class Table:
    """The conntrack table at one moment: it reads, and remembers what was read."""

    entries: dict[FlowKey, Entry]
    now: int
    read: list[FlowKey] = field(default_factory=list)

    def get(self, key: FlowKey) -> Entry | None:
        """Whatever is under a key."""
        self.read.append(key)
        return self.entries.get(key)

    def live_flow(self, key: FlowKey) -> Flow | None:
        """The flow under a key, unless it has expired (CT-4) or is a selection."""
        entry = self.get(key)
        if isinstance(entry, Flow) and self.now < entry.expires:
            return entry
        return None


@dataclass(slots=True)
class Passage:
    """A parsed packet at an endpoint. `events` collects what it will report (OBS-2)."""

    world: World
    table: Table
    packet: Packet
    view: View
    endpoint: Endpoint
    draw: Draw
    trace: Trace
    events: list[Event] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The packet's time in nanoseconds."""
        return self.table.now

    @property
    def leaves_pod(self) -> bool:
        """Whether the packet is at the from_container hook."""
        return self.packet.hook is Hook.FROM_CONTAINER
