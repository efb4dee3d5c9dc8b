"""The specification as a machine: state, a clock, and packets that change it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field

from model import collector, observe, room
from model.datapath import decide
from model.decision import Decision, context_after
from model.domain.event import Event
from model.domain.failure import Failure
from model.domain.limits import UNLIMITED, Limits
from model.domain.operation import Operation, PutEntry, RemoveEntry
from model.domain.packet import Context, Packet
from model.domain.state import Counter, CounterKey, State, TableKey, TableValue, Window
from model.passage import Draw, Table
from model.trace import Trace
from model.trace_event import trace_event
from model.world import World

EMPTY_COUNTER = Counter(0, 0)


@dataclass(slots=True)
class Result:
    """A packet's decision, and everything that it will have changed once it is carried out."""

    decision: Decision
    read: list[TableKey]
    recorded: list[TableKey]
    context: Context
    events: tuple[Event, ...]
    window: Window
    counter_key: CounterKey
    counter: Counter
    trace: Trace


@dataclass(slots=True)
class Machine:
    """Control-plane state, packet state, the clock (nanoseconds) and the sizes of the tables."""

    world: World = field(default_factory=World)
    state: State = field(default_factory=State)
    now: int = 0
    limits: Limits = UNLIMITED

    def apply(self, operations: Sequence[Operation]) -> Trace:
        """Carry out one transaction, all of it or nothing.

        Raises KeyError for an unknown identifier, OverflowError for entries that find no room.
        """
        world, trace = self.world.copy(), Trace()
        world.apply(operations, trace)
        put = [operation.key for operation in operations if isinstance(operation, PutEntry)]
        if not room.has_room(self.state, self.limits, put):
            raise OverflowError("the conntrack table is full")
        self.world = world
        for operation in operations:
            match operation:
                case PutEntry(key, entry):
                    self.state.conntrack[key] = copy(entry)
                case RemoveEntry(key):
                    self.state.conntrack.pop(key, None)
        return trace

    def decide(self, packet: Packet, draw: Draw, failure: Failure | None = None) -> Result:
        """What a packet brings about to which the kernel refuses something, or nothing.

        Nothing has happened yet.
        """
        trace = Trace()
        state = self.state
        table = Table(state, self.now, trace, self.limits)
        decision = decide(self.world, table, packet, draw, trace, failure)
        switches = self.world.configuration.events
        events, window = observe.report(
            decision.events, switches, state.event_window, self.now, trace
        )
        if switches.traces:
            events = (*events, trace_event(packet, self.now, decision, trace))
            trace.note("OBS-3", "traced")
        counter_key = CounterKey(packet.hook, decision.reason)
        counted = state.counters.get(counter_key, EMPTY_COUNTER)
        counter = Counter(counted.packets + 1, counted.bytes + len(packet.data))
        context = context_after(packet.context, decision, trace)
        return Result(
            decision,
            table.read,
            table.recorded,
            context,
            events,
            window,
            counter_key,
            counter,
            trace,
        )

    def commit(self, result: Result) -> None:
        """Carry a decision out."""
        self.write(result.decision.writes)
        self.state.counters[result.counter_key] = result.counter
        self.state.event_window = result.window
        if result.decision.reject_window is not None:
            self.state.reject_window = result.decision.reject_window

    def write(self, writes: dict[TableKey, TableValue | None]) -> None:
        """Put values into their tables, remove those that are None."""
        for key, value in writes.items():
            table = self.state.table_of(key)
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value

    def collect(self) -> Trace:
        """Run the collector (CT-4)."""
        trace = Trace()
        for key in collector.expired(self.state, self.world, self.now, trace):
            del self.state.table_of(key)[key]
        return trace
