"""One pod on the datapath in the kernel: packets, time and changes in, what was seen out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from harness.datapath.subject import KernelSubject
from model.domain.event import Event, Hook
from model.domain.operation import Operation, PutEndpoint
from model.domain.packet import Context, Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey, State
from tests.metamorphic.network import UNUSED_BACKENDS, change, standing
from tests.model.builder import SECOND, Connection, End, Network
from tests.model.errors import error
from tests.model.node import POD_INTERFACE, pod
from tests.model.traffic import ROUTER, Action, Change, Collect, Complain, Speak, Wait

START = 1_000 * SECOND
NO_CONTEXT = Context()
NEVER_HIT = Counter(0, 0)


@dataclass(frozen=True)
class Seen:
    """What became of one packet; `reason` is that of the counter that counted it (OBS-1)."""

    reason: Reason
    verdict: Verdict
    data: bytes
    context: Context
    events: tuple[Event, ...]
    redirect_interface: int

    @property
    def passed(self) -> bool:
        """Whether the packet went on as itself, to wherever it was sent."""
        return not self.reason.is_drop


class Pod:
    """A pod of one family, started anew on a subject that may have been used before."""

    def __init__(
        self, subject: KernelSubject, net: Network, operations: Sequence[Operation] | None = None
    ) -> None:
        self.subject = subject
        self.net = net
        self.now = START
        self._counted = dict.fromkeys((CounterKey(h, r) for h in Hook for r in Reason), NEVER_HIT)
        self._unused = count(UNUSED_BACKENDS)
        subject.reset()
        subject.set_clock(self.now)
        given = standing(net) if operations is None else operations
        subject.apply([PutEndpoint(pod()), *given])
        self._left_last = Connection(End(net.pod, 1), End(net.peer, 1)).out("S")

    def apply(self, *operations: Operation) -> None:
        """One transaction."""
        self.subject.apply(operations)

    def wait(self, nanoseconds: int) -> None:
        """Let time pass."""
        self.now += nanoseconds
        self.subject.set_clock(self.now)

    def send(self, data: bytes, context: Context = NO_CONTEXT) -> Seen:
        """A packet that leaves the pod."""
        return self._handle(Hook.FROM_CONTAINER, data, context)

    def receive(self, data: bytes, context: Context = NO_CONTEXT) -> Seen:
        """A packet that enters the pod."""
        return self._handle(Hook.TO_CONTAINER, data, context)

    def frame_of(self, action: Action) -> bytes | None:
        """The frame of an action that is a packet."""
        if isinstance(action, Speak):
            return action.data(self.net)
        if isinstance(action, Complain):
            return error(self.net, ROUTER[self.net.family], self.net.pod, self._left_last)
        return None

    def act(
        self, action: Action, data: bytes | None = None, context: Context = NO_CONTEXT
    ) -> Seen | None:
        """Carry an action out; what became of its packet, which `data` may stand in for."""
        match action:
            case Wait(nanoseconds):
                self.wait(nanoseconds)
            case Change(number):
                self.apply(*change(self.net, number, next(self._unused)))
            case Collect():
                self.subject.collect()
        data = data or self.frame_of(action)
        if data is None:
            return None
        leaves = isinstance(action, Speak) and action.leaves
        seen = self.send(data, context) if leaves else self.receive(data, context)
        if leaves and seen.passed:
            self._left_last = seen.data
        return seen

    def run(self, script: Sequence[Action]) -> list[Seen | None]:
        """Carry actions out one after the other."""
        return [self.act(action) for action in script]

    @property
    def state(self) -> State:
        """Everything that packets change."""
        return self.subject.state()

    def _handle(self, hook: Hook, data: bytes, context: Context) -> Seen:
        outcome = self.subject.process(Packet(hook, POD_INTERFACE, data, context))
        assert isinstance(outcome, Outcome), outcome
        assert not outcome.fault, outcome.fault
        return Seen(
            self._reason(hook),
            outcome.verdict,
            outcome.data,
            outcome.context,
            outcome.events,
            outcome.redirect_interface,
        )

    def _reason(self, hook: Hook) -> Reason:
        for reason in Reason:
            key = CounterKey(hook, reason)
            counter = self.subject.read(key)
            if counter != self._counted[key]:
                assert isinstance(counter, Counter)
                self._counted[key] = counter
                return reason
        raise AssertionError("no counter has counted the packet (OBS-1)")
