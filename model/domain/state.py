"""Everything that packets change: what two sides have to agree on after each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from model.domain.event import Hook
from model.domain.flow import Affinity, AffinityKey, Datagram, Entry, FlowKey, FragmentKey
from model.domain.reason import Reason

TableKey = FlowKey | AffinityKey | FragmentKey
TableValue = Entry | Affinity | Datagram


class CounterKey(NamedTuple):
    """One counter (OBS-1)."""

    hook: Hook
    reason: Reason


class Counter(NamedTuple):
    """Packets, and bytes of their frames."""

    packets: int
    bytes: int


@dataclass(slots=True)
class Window:
    """A rate limit's window of one second (OBS-2a): begin in nanoseconds, uses, refused uses."""

    begin: int = 0
    used: int = 0
    suppressed: int = 0


@dataclass(slots=True)
class State:
    """The tables that packets write, as domain values.

    `conntrack` holds flows and selections; `counters` only those that are not zero.
    """

    conntrack: dict[FlowKey, Entry] = field(default_factory=dict)
    affinities: dict[AffinityKey, Affinity] = field(default_factory=dict)
    datagrams: dict[FragmentKey, Datagram] = field(default_factory=dict)
    counters: dict[CounterKey, Counter] = field(default_factory=dict)
    event_window: Window = field(default_factory=Window)
    reject_window: Window = field(default_factory=Window)

    def table_of(self, key: TableKey) -> dict[Any, Any]:
        """The table that a key belongs to."""
        if isinstance(key, FlowKey):
            return self.conntrack
        if isinstance(key, AffinityKey):
            return self.affinities
        return self.datagrams
