"""Twinpath's datapath in the kernel as a subject of the lockstep engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.errors import ContentError
from harness.datapath.control_plane.collector import Collector
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.datapath.control_plane.server_ports import unmarked
from harness.datapath.control_plane.tables import Tables
from harness.datapath.damage import describe_damage
from harness.datapath.packet_tables import PacketTables
from harness.datapath.sizes import map_name
from harness.kernel import lru
from harness.kernel.loader import (
    KernelContext,
    LoadedObject,
    Refusal,
    RunResult,
    StaleChecksum,
)
from harness.subject import FailedCall, Refused, StateKey, StateValue, Subject
from model.domain.configuration import NoBackendAction
from model.domain.event import Event, Hook
from model.domain.failure import Failure
from model.domain.limits import Limits, TableName
from model.domain.operation import Operation
from model.domain.packet import DEFAULT_CONTEXT, Context, Outcome, Packet, Verdict
from model.domain.state import State

PROGRAMS = {Hook.FROM_CONTAINER: "from_container", Hook.TO_CONTAINER: "to_container"}
REDIRECT_WORD = 4
"""Control block word that names the interface of a redirect (PKT-9a)."""

CHANGES_PACKET: Final = (Failure.PACKET, None)
"""A call that changes a packet; what only looks (LB-8a) the datapath can do without."""

FAILURES: Final[dict[str, tuple[Failure | None, ...]]] = {
    "bpf_map_update_elem": (Failure.ENTRY, Failure.SECOND_ENTRY, Failure.MEMORY),
    "bpf_skb_store_bytes": CHANGES_PACKET,
    "bpf_l4_csum_replace": CHANGES_PACKET,
    "bpf_skb_load_bytes": CHANGES_PACKET,
    "bpf_skb_change_tail": CHANGES_PACKET,
}
"""What it can mean to a packet that one of its calls fails, by the helper's name."""

VERDICTS = {verdict.value: verdict for verdict in Verdict}
NO_PACKET = KernelContext(interface=-1)


class KernelSubject:
    """Drives a loaded object. See harness.subject.Subject.

    `loaded` becomes the subject's: `close` closes it. `ensure_device` makes sure that the interface
    of a packet exists where test runs look for it; `cpu` is the one that the calling thread keeps
    to. `sibling` gives the subject of the same object with tables of other sizes.

    Raises LayoutError where the object's layouts are not those of the codecs, OperationError where
    its maps cannot be written.
    """

    def __init__(
        self,
        loaded: LoadedObject,
        ensure_device: Callable[[int], None],
        cpu: int,
        sibling: Callable[[Limits], KernelSubject],
    ) -> None:
        self.name = f"datapath ({loaded.loader})"
        self._loaded = loaded
        self._ensure_device = ensure_device
        self._sibling = sibling
        self._codecs = Codecs(loaded.btf)
        self._tables = PacketTables(loaded.maps, self._codecs, cpu)
        self._programs = {hook: loaded.programs[name] for hook, name in PROGRAMS.items()}
        self._ring = loaded.ring("events")
        self._interfaces: set[int] = set()
        self._context, self._context_before = NO_PACKET, DEFAULT_CONTEXT
        self._start()

    @property
    def loaded(self) -> LoadedObject:
        """The object in the kernel, for those who know more of it than a subject tells."""
        return self._loaded

    def resized(self, limits: Limits) -> KernelSubject:
        """The subject whose tables have these sizes; each is loaded once."""
        return self._sibling(limits)

    def kept(self, table: TableName) -> int | None:
        """So many entries a table keeps in any case; None where it evicts nothing."""
        return lru.kept(self._loaded.maps[map_name(table)])

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carry out one transaction, all of it or nothing. Raises OperationError."""
        self._is_read = False
        self._control_plane.apply(operations)
        configuration = self._control_plane.inventory.configuration
        self._answers = configuration.no_backend is NoBackendAction.REJECT

    def set_clock(self, now: int) -> None:
        """Set the clock, in nanoseconds."""
        self._control_plane.set_clock(now)

    def process(self, packet: Packet) -> Outcome | Refused:
        """Run one packet through its hook."""
        self._is_read = False
        result = self._programs[packet.hook].run(
            packet.data, self._kernel_context(packet), self._is_summed(packet)
        )
        return self._outcome(packet, result)

    def process_failing(
        self, packet: Packet, number: int
    ) -> tuple[Outcome | Refused, FailedCall | None]:
        """Run one packet; the `number`-th of its calls into the kernel that can fail does.

        Without a sum of the kernel's: what is dropped half-way need not keep it right.
        """
        self._is_read = False
        result, failed = self._loaded.failing().run(
            PROGRAMS[packet.hook],
            number,
            packet.data,
            self._kernel_context(packet),
        )
        call = FailedCall(failed, number, FAILURES[failed]) if failed else None
        return self._outcome(packet, result), call

    def collect(self) -> None:
        """Remove what has expired."""
        self._is_read = False
        self._collector.collect(self._control_plane.clock)

    def read(self, key: StateKey) -> StateValue | None:
        """One entry."""
        return self._tables.read(key)

    def state(self) -> State:
        """Everything that packets change."""
        self._is_read = True
        state = self._tables.state()
        marks = self._loaded.maps["server_ports"].memory()
        self._tables.complaints += unmarked(state.conntrack, marks)
        return state

    def damage(self) -> list[str]:
        """What is wrong with tables: changes that packets must not make, senseless bytes, marks."""
        if not self._is_read:
            self.state()  # for its complaints
        lines = [
            describe_damage(damage, self._loaded.btf)
            for damage in self._control_plane.tables.damage()
        ]
        return lines + list(dict.fromkeys(self._tables.complaints))

    def reset(self) -> None:
        """Empty every table that is in use."""
        self._tables.clear()
        tables = self._control_plane.tables
        tables.clear()
        self._ring.drain()
        self._start(tables)

    def close(self) -> None:
        """Give the object back. Safe to call twice."""
        self._loaded.close()

    def _start(self, tables: Tables | None = None) -> None:
        loaded, codecs = self._loaded, self._codecs
        self._control_plane = ControlPlane(loaded.maps, codecs, tables=tables)
        self._collector = Collector(loaded.maps, loaded.btf, codecs, self._control_plane)
        self._answers = False
        self._is_read = False

    def _is_summed(self, packet: Packet) -> bool:
        """Whether the kernel is to keep a sum over the packet and to check it (CHECKSUM_COMPLETE).

        The datapath changes checksums in another way then, so frames of odd lengths go without; and
        all do where it may answer, since the kernel forgets the sum of a packet that is resized.
        """
        return not self._answers and not len(packet.data) & 1

    def _kernel_context(self, packet: Packet) -> KernelContext:
        """The same object as last time where nothing differs: the kernel layer knows it again."""
        interface, context = packet.interface, packet.context
        if interface != self._context.interface or context != self._context_before:
            if interface not in self._interfaces:
                self._ensure_device(interface)
                self._interfaces.add(interface)
            self._context = KernelContext(interface, *context)
            self._context_before = context
        return self._context

    def _outcome(
        self, packet: Packet, result: RunResult | Refusal | StaleChecksum
    ) -> Outcome | Refused:
        if isinstance(result, Refusal):
            return Refused(result.reason)
        events = self._events()
        if isinstance(result, StaleChecksum):
            return _faulty(packet, events, f"{result.reason} (PKT-8)")
        return _outcome(packet, result, events)

    def _events(self) -> tuple[Event, ...]:
        events = []
        for record in self._ring.drain():
            try:
                events.append(self._codecs.event.decode(record))
            except ContentError as error:
                self._tables.complaints.append(str(error))
        return tuple(events)


def _outcome(packet: Packet, result: RunResult, events: tuple[Event, ...]) -> Outcome:
    verdict = VERDICTS.get(result.verdict)
    if verdict is None:
        return _faulty(packet, events, f"verdict {result.verdict} is none that the hook has")
    context, after = packet.context, result[2:]
    if after != context:
        context = Context(*after)
    redirected = verdict is Verdict.REDIRECT
    interface = result.control_block[REDIRECT_WORD] if redirected else 0
    return Outcome(verdict, result.frame, context, events, interface)


def _faulty(packet: Packet, events: tuple[Event, ...], fault: str) -> Outcome:
    """Where the kernel tells neither verdict nor frame; no reference predicts a fault."""
    return Outcome(Verdict.DROP, packet.data, packet.context, events, fault=fault)


def conforms(subject: KernelSubject) -> Subject:
    """The subject by its protocol; a type checker holds one against the other here."""
    return subject
