"""The executable specification as a subject: what every datapath is held against."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from typing import Self

from harness.subject import (
    Draw,
    FailedCall,
    FreeChoice,
    OperationError,
    Prediction,
    StateKey,
    StateValue,
)
from model.domain.failure import Failure
from model.domain.limits import UNLIMITED, Limits, TableKind, TableName, table_of_kind
from model.domain.operation import Operation
from model.domain.packet import Outcome, Packet
from model.domain.state import CounterKey, State, TableKey, Window
from model.machine import EMPTY_COUNTER, Machine, Result
from model.trace import Note


def first(_count: int) -> int:
    """The free choice of someone who does not care."""
    return 0


class ModelReference:
    """The model behind the subject protocol."""

    name = "model"

    def __init__(self) -> None:
        self._limits = UNLIMITED
        self._machine = Machine()
        self._result: Result | None = None
        self._notes: Sequence[Note] = ()

    @property
    def notes(self) -> Sequence[Note]:
        """What the last transaction or run of the collector brought about."""
        return self._notes

    def resized(self, limits: Limits) -> Self:
        """The same one, with tables of these sizes once it is reset."""
        self._limits = limits
        return self

    def kept(self, table: TableName) -> int | None:
        """No limit: the specification itself evicts nothing."""
        del table
        return None

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carry out one transaction. Raises OperationError."""
        try:
            self._notes = self._machine.apply(operations).notes
        except KeyError as missing:
            raise OperationError(f"nothing has the identifier {missing}") from missing
        except OverflowError as full:
            raise OperationError(f"{full}: give it a larger limit") from full

    def set_clock(self, now: int) -> None:
        """Set the clock, in nanoseconds."""
        self._machine.now = now

    def predict(self, packet: Packet, draw: Draw) -> Prediction:
        """What the packet would bring about."""
        return self.predict_failing(packet, draw, None)

    def predict_failing(self, packet: Packet, draw: Draw, failure: Failure | None) -> Prediction:
        """What the packet would bring about if the kernel refused something."""
        draws: list[FreeChoice] = []

        def counted(count: int) -> int:
            draws.append(FreeChoice(count, draw(count)))
            return draws[-1].number

        self._result = result = self._machine.decide(packet, counted, failure)
        decision = result.decision
        table_of = self._machine.state.table_of
        after: dict[StateKey, StateValue | None] = {
            key: table_of(key).get(key) for key in result.read
        }
        for key, entry in decision.writes.items():
            after[key] = entry
        after[result.counter_key] = result.counter
        return Prediction(
            Outcome(
                decision.verdict,
                decision.data,
                result.context,
                result.events,
                decision.redirect_interface,
            ),
            decision.reason,
            tuple(after.items()),
            result.trace.notes,
            tuple(draws),
            result.recorded,
            self._windows(result) if draws else None,
        )

    def _windows(self, result: Result) -> tuple[Window, Window]:
        """The windows of events and rejects after a packet."""
        rejects = result.decision.reject_window
        return result.window, self._machine.state.reject_window if rejects is None else rejects

    def commit(self, prediction: Prediction) -> None:
        """Make the last prediction happen."""
        if self._result is None or prediction.notes is not self._result.trace.notes:
            raise ValueError("only the last prediction can be committed, and only once")
        self._machine.commit(self._result)
        self._result = None

    def process(self, packet: Packet) -> Outcome:
        """Run one packet, free choices made arbitrarily."""
        prediction = self.predict(packet, first)
        self.commit(prediction)
        return prediction.outcome

    def process_failing(self, packet: Packet, number: int) -> tuple[Outcome, FailedCall | None]:
        """Run one packet; of what the kernel can refuse it, it is refused the `number`-th.

        The specification calls nobody. What a refusal changes nothing about is not asked for.
        """
        asked = [failure for failure in Failure if self._matters(packet, failure)]
        if number > len(asked):
            return self.process(packet), None
        failure = asked[number - 1]
        prediction = self.predict_failing(packet, first, failure)
        self.commit(prediction)
        return prediction.outcome, FailedCall(failure.value, number, (failure,))

    def _matters(self, packet: Packet, failure: Failure) -> bool:
        """Whether a packet goes another way with the failure than without."""
        usual, other = (self.predict_failing(packet, first, one) for one in (None, failure))
        return usual.reason is not other.reason or usual.touched != other.touched

    def keys(self, kind: TableKind) -> Collection[TableKey]:
        """Keys of all entries of a kind."""
        return table_of_kind(self._machine.state, kind).keys()

    def forget(self, keys: Iterable[TableKey]) -> None:
        """Lose entries."""
        for key in keys:
            del self._machine.state.table_of(key)[key]

    def collect(self) -> None:
        """Run the collector."""
        self._notes = self._machine.collect().notes

    def read(self, key: StateKey) -> StateValue | None:
        """One entry."""
        state = self._machine.state
        if isinstance(key, CounterKey):
            return state.counters.get(key, EMPTY_COUNTER)
        value: StateValue | None = state.table_of(key).get(key)
        return value

    def state(self) -> State:
        """Everything that packets change, as a copy."""
        state = self._machine.state
        return State(
            {key: copy(entry) for key, entry in state.conntrack.items()},
            {key: copy(affinity) for key, affinity in state.affinities.items()},
            {key: copy(datagram) for key, datagram in state.datagrams.items()},
            dict(state.counters),
            copy(state.event_window),
            copy(state.reject_window),
        )

    def damage(self) -> list[str]:
        """Nothing: the specification has no tables that packets could damage."""
        return []

    def reset(self) -> None:
        """Back to an empty machine."""
        self._machine = Machine(limits=self._limits)
        self._result = None

    def close(self) -> None:
        """Nothing to give back."""
