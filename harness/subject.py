"""The one protocol that model, datapath, old object and mutant all implement.

The lockstep engine, the comparer and everything built on them know subjects only through this.
To test another datapath, implement `Subject` for it (docs/adapter.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from harness.errors import UserError
from model.domain.failure import Failure
from model.domain.limits import Limits, TableKind, TableName
from model.domain.operation import Operation
from model.domain.packet import Outcome, Packet
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey, State, TableKey, TableValue, Window
from model.trace import Note

StateKey = TableKey | CounterKey
StateValue = TableValue | Counter


@dataclass(frozen=True, slots=True)
class Refused:
    """The kernel would not run the program on this packet: a result of its own, never a pass."""

    error: str


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call into the kernel that was made to fail: its name, and its number within the packet.

    `failures` are what that can mean to the packet; None: it goes as usual, without that call.
    """

    name: str
    number: int
    failures: tuple[Failure | None, ...]


class OperationError(UserError):
    """A transaction that cannot be carried out; nothing of it has been."""


class Subject(Protocol):
    """Something that handles packets as a datapath does.

    A subject starts empty, with the default configuration and the clock at 0. It is used by one
    thread.
    """

    @property
    def name(self) -> str:
        """What reports call this subject: `model`, `datapath (libbpf)`, ..."""

    def resized(self, limits: Limits) -> Self:
        """The one to use where tables have these sizes: this one, or a sibling of its own state.

        It has to be reset. What sizes were asked for before does not matter.
        """

    def kept(self, table: TableName) -> int | None:
        """So many entries stay in a table whatever is put there; None: it never evicts (CT-12).

        Only what is put where more are already can make it evict, down to so many at most.
        """

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carry out one transaction, all of it or nothing. Raises OperationError."""

    def set_clock(self, now: int) -> None:
        """Set the clock, in nanoseconds; above 0 and never backwards."""

    def process(self, packet: Packet) -> Outcome | Refused:
        """Run one packet through its hook."""

    def process_failing(
        self, packet: Packet, number: int
    ) -> tuple[Outcome | Refused, FailedCall | None]:
        """Run one packet; the `number`-th of its calls into the kernel that can fail does.

        None where it makes fewer such calls, or where calls cannot be made to fail: then it has
        been handled as any other.
        """

    def collect(self) -> None:
        """Run the collector: remove what has expired (CT-4)."""

    def read(self, key: StateKey) -> StateValue | None:
        """One entry, absent as None. A counter that was never hit is Counter(0, 0)."""

    def state(self) -> State:
        """Everything that packets change, as a copy."""

    def damage(self) -> list[str]:
        """Tables that packets must not change but that have changed, a line for each entry."""

    def reset(self) -> None:
        """Back to how it started."""

    def close(self) -> None:
        """Give everything back. Safe to call twice."""


Draw = Callable[[int], int]
"""A free choice of the datapath: draw(n) gives a number from 0 to n - 1 (LB-3c)."""


class FreeChoice(NamedTuple):
    """One free choice: out of how many, and which."""

    size: int
    number: int


@dataclass(slots=True)
class Prediction:
    """What the reference says about a packet, before it is made to have happened.

    `touched` are the state keys that the packet looked up or changed, with the values that they
    must have afterwards (None: absent). `notes` say which clauses led there. `draws` are the
    free choices made on the way, in order; empty for nearly every packet. `recorded` are the keys
    under which the packet puts an entry, in another's place or not: for these a full table evicts.
    `windows` are those of events and rejects afterwards, where a choice was free: choices that
    show in nothing else can differ in what is suppressed.
    """

    outcome: Outcome
    reason: Reason
    touched: tuple[tuple[StateKey, StateValue | None], ...]
    notes: Sequence[Note]
    draws: tuple[FreeChoice, ...]
    recorded: Sequence[TableKey] = ()
    windows: tuple[Window, Window] | None = None


class Reference(Subject, Protocol):
    """A subject that can say what would happen without doing it: the model, a mutated model."""

    @property
    def notes(self) -> Sequence[Note]:
        """Which clauses the last transaction or run of the collector met."""

    def predict(self, packet: Packet, draw: Draw) -> Prediction:
        """What the packet would bring about, the free choices answered by `draw`."""

    def predict_failing(self, packet: Packet, draw: Draw, failure: Failure | None) -> Prediction:
        """The same where the kernel refuses something to the packet (PKT-10, CT-12c)."""

    def commit(self, prediction: Prediction) -> None:
        """Make the last prediction happen."""

    def keys(self, kind: TableKind) -> Collection[TableKey]:
        """Keys of all entries of a kind, of both families; as they are now, not a copy."""

    def forget(self, keys: Iterable[TableKey]) -> None:
        """Lose entries, as a full table does (CT-12)."""
