"""A build of the datapath in the reference's place: what it does is what has to happen.

A build cannot say what would happen: its prediction has happened already. So it makes no free
choices that could be tried in turn; `harness.builds.settled` sees to that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from harness.builds.near import keys_near
from harness.subject import (
    Draw,
    FailedCall,
    OperationError,
    Prediction,
    Refused,
    StateKey,
    StateValue,
    Subject,
)
from model.domain.event import Hook
from model.domain.failure import Failure
from model.domain.limits import Limits, TableKind, TableName
from model.domain.operation import Operation
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey, State, TableKey
from model.trace import Note

REASONS_OF_VERDICTS = {
    Verdict.PASS: Reason.NEW,
    Verdict.DROP: Reason.POLICY_DENIED,
    Verdict.REDIRECT: Reason.REASSEMBLY,
}
"""Stand-ins for a reason that no counter tells, as of a build that does not count."""


class StandingReference:
    """A subject as a reference.

    Which entries a packet touched a build does not tell. The conntrack entries of the packet's
    tuples, before and after, and the counter of its reason are compared at once; the rest whenever
    whole states are: let that be often.
    """

    def __init__(self, subject: Subject, name: str) -> None:
        self.name = name
        self._subject = subject
        self._counted: dict[CounterKey, StateValue | None] = {}
        self._latest: list[Reason] = list(Reason)

    @property
    def notes(self) -> Sequence[Note]:
        """A build takes no notes."""
        return ()

    def resized(self, limits: Limits) -> Self:
        """The build with tables of these sizes."""
        self._subject = self._subject.resized(limits)
        return self

    def kept(self, table: TableName) -> int | None:
        """What the build keeps."""
        return self._subject.kept(table)

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carry out one transaction. Raises OperationError."""
        self._subject.apply(operations)

    def set_clock(self, now: int) -> None:
        """Set the clock, in nanoseconds."""
        self._subject.set_clock(now)

    def predict(self, packet: Packet, draw: Draw) -> Prediction:
        """Run the packet: what came of it is the prediction."""
        del draw
        outcome = self.process(packet)
        if isinstance(outcome, Refused):
            fault = f"refused by the kernel: {outcome.error}"
            outcome = Outcome(Verdict.DROP, packet.data, packet.context, fault=fault)
        reason, counter = self._reason(packet.hook)
        if reason is None:
            reason = REASONS_OF_VERDICTS[outcome.verdict]
        near = keys_near(packet.hook, packet.data, outcome.data)
        entries = tuple((key, self._subject.read(key)) for key in near)
        return Prediction(outcome, reason, (*entries, *counter), (), ())

    def predict_failing(self, packet: Packet, draw: Draw, failure: Failure | None) -> Prediction:
        """Raises OperationError: what has happened cannot fail any more."""
        raise OperationError(f"{self.name}: calls that fail cannot be compared; use `run`")

    def commit(self, prediction: Prediction) -> None:
        """It has happened already."""

    def process(self, packet: Packet) -> Outcome | Refused:
        """Run one packet."""
        return self._subject.process(packet)

    def process_failing(
        self, packet: Packet, number: int
    ) -> tuple[Outcome | Refused, FailedCall | None]:
        """Run one packet, one of whose calls into the kernel fails."""
        return self._subject.process_failing(packet, number)

    def keys(self, kind: TableKind) -> Collection[TableKey]:
        """Keys of all entries of a kind."""
        state = self._subject.state()
        tables: dict[TableKind, Collection[TableKey]] = {
            TableKind.CONNTRACK: state.conntrack,
            TableKind.AFFINITIES: state.affinities,
            TableKind.DATAGRAMS: state.datagrams,
        }
        return tables[kind]

    def forget(self, keys: Iterable[TableKey]) -> None:
        """Raises OperationError: what a build evicts is its own choice (CT-12)."""
        raise OperationError(
            f"{self.name}: tables that evict cannot be compared ({len(list(keys))} entries are "
            "gone); make them larger, or compare with the model by `run`"
        )

    def collect(self) -> None:
        """Run the collector."""
        self._subject.collect()

    def read(self, key: StateKey) -> StateValue | None:
        """One entry."""
        return self._subject.read(key)

    def state(self) -> State:
        """Everything that packets change."""
        return self._subject.state()

    def damage(self) -> list[str]:
        """What packets changed that they must not."""
        return self._subject.damage()

    def reset(self) -> None:
        """Back to how it started."""
        self._subject.reset()
        self._counted.clear()

    def close(self) -> None:
        """Give everything back."""
        self._subject.close()

    def _reason(
        self, hook: Hook
    ) -> tuple[Reason | None, tuple[tuple[StateKey, StateValue | None], ...]]:
        """The reason that has been counted, and its counter; the latest ones are tried first."""
        nothing = Counter(0, 0)
        for place, reason in enumerate(self._latest):
            key = CounterKey(hook, reason)
            value = self._subject.read(key)
            if value != self._counted.get(key, nothing):
                self._counted[key] = value
                self._latest.insert(0, self._latest.pop(place))
                return reason, ((key, value),)
        return None, ()
