"""One packet on its way through the machines: what is given, and what it may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint
from model.domain.event import Hook, LimitedEvent
from model.domain.failure import Failure
from model.domain.flow import Affinity, AffinityKey, Datagram, Entry, Flow, FlowKey, FragmentKey
from model.domain.limits import UNLIMITED, Limits
from model.domain.packet import Packet
from model.domain.reason import Reason
from model.domain.state import State, TableKey, Window
from model.drop import Drop
from model.packet.view import View
from model.trace import Trace
from model.world import World

Draw = Callable[[int], int]
"""A free choice: a number from 0 to n - 1 (LB-3c)."""


@dataclass(slots=True)
class Table:
    """The tables at one moment: they are read, and it is remembered what was read.

    `recorded` are the keys under which the packet puts an entry, a new one or one in place of
    another; those whose entry it only changes are not among them.
    """

    state: State
    now: int
    trace: Trace
    limits: Limits = UNLIMITED
    read: list[TableKey] = field(default_factory=list)
    recorded: list[TableKey] = field(default_factory=list)

    def get(self, key: FlowKey) -> Entry | None:
        """The selection or the flow under a key, unless the flow has expired (CT-4)."""
        self.read.append(key)
        entry = self.state.conntrack.get(key)
        if isinstance(entry, Flow) and self.now >= entry.expires:
            self.trace.note("CT-4", "an expired flow is absent", key)
            return None
        return entry

    def live_flow(self, key: FlowKey) -> Flow | None:
        """The flow under a key, unless it has expired (CT-4) or is a selection."""
        entry = self.get(key)
        return entry if isinstance(entry, Flow) else None

    def affinity(self, key: AffinityKey, timeout: int) -> Affinity | None:
        """A client's affinity that was used within the timeout (LB-7)."""
        self.read.append(key)
        affinity = self.state.affinities.get(key)
        if affinity is not None and self.now < affinity.last_use + timeout:
            return affinity
        return None

    def datagram(self, key: FragmentKey) -> Datagram | None:
        """A datagram that is still remembered (FRAG-1)."""
        self.read.append(key)
        datagram = self.state.datagrams.get(key)
        if datagram is not None and self.now < datagram.expires:
            return datagram
        return None


@dataclass(slots=True)
class Passage:
    """A parsed packet at an endpoint.

    `failure` is what the kernel refuses it. `events` collects what it will report (OBS-2),
    `reject_window` is the rate limit of answers once it has been used (LB-8).
    """

    world: World
    table: Table
    packet: Packet
    view: View
    endpoint: Endpoint
    draw: Draw
    trace: Trace
    failure: Failure | None = None
    events: list[LimitedEvent] = field(default_factory=list)
    reject_window: Window | None = None

    @property
    def now(self) -> int:
        """The packet's time in nanoseconds."""
        return self.table.now

    @property
    def configuration(self) -> Configuration:
        """The run-time configuration."""
        return self.world.configuration

    def require_change(self) -> None:
        """The packet is going to be changed; its end where the kernel refuses (PKT-10)."""
        if self.failure is Failure.PACKET:
            raise Drop(Reason.REWRITE_FAILED, "PKT-10")

    @property
    def leaves_pod(self) -> bool:
        """Whether the packet is at the from_container hook."""
        return self.packet.hook is Hook.FROM_CONTAINER

    @property
    def is_for_another(self) -> bool:
        """Whether the packet enters the pod for an address that is not the endpoint's (PKT-7b)."""
        own = self.endpoint.address(self.view.family)
        return not self.leaves_pod and self.view.destination != own
