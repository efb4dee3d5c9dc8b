"""Traces on the event ring (OBS-3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from harness.kernel.errors import LayoutError
from model.domain.event import TRACE_HEADERS, EventKind, Hook, TraceEvent
from model.domain.packet import Verdict
from model.domain.reason import Reason

HEAD = ("kind", "clauses", "time", "hook", "interface", "verdict", "reason")
FIELDS = (*HEAD, "before", "after", "length_before", "length_after")

CLAUSE: Final = re.compile(r"CLAUSE_(?P<chapter>[A-Z]+)_(?P<number>[0-9]+)(?P<letter>[A-Z]?)")
"""`LB-4a` is `CLAUSE_LB_4A` in C."""

HOOKS = {hook.value: hook for hook in Hook}
REASONS = {reason.value: reason for reason in Reason}
VERDICTS = frozenset(Verdict)


class TraceCodec:
    """`struct trace` to domain events. `kind` is where its kind stands, in bytes."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "trace", FIELDS)
        self.kind = self._record.offset("kind")
        if self._record.length("before") != TRACE_HEADERS:
            raise LayoutError(f"struct trace shows not the {TRACE_HEADERS} bytes of its codec")
        clauses = enumerators(enumerations, "trace_clause")
        self._clauses = {1 << bit: clause_of(name) for name, bit in clauses.items()}
        self._known = sum(self._clauses)
        self._sets: dict[int, frozenset[str]] = {}

    def decode(self, data: bytes) -> TraceEvent:
        """Trace from a ring record. Raises ContentError."""
        if len(data) != self._record.size:
            raise ContentError(f"trace of {len(data)} bytes instead of {self._record.size}")
        fields = self._record.unpack(data)
        kind, bits, time, hook, interface, verdict, reason = fields[:7]
        if kind != EventKind.TRACE or hook not in HOOKS or reason not in REASONS:
            raise ContentError(f"trace of kind {kind} at hook {hook} with reason {reason}: unknown")
        if verdict not in VERDICTS:
            raise ContentError(f"trace: verdict {verdict} is none that the hook has")
        before, after, length_before, length_after = fields[7:]
        where = time, HOOKS[hook], interface, verdict, REASONS[reason]
        frames = before, after, length_before, length_after
        return TraceEvent(*where, *frames, self._set(bits))

    def _set(self, bits: int) -> frozenset[str]:
        """Clauses by name; packets meet few combinations, so each is made once."""
        found = self._sets.get(bits)
        if found is None:
            if bits & ~self._known:
                raise ContentError(f"trace: clauses {bits:#x} are not all known")
            found = self._sets[bits] = frozenset(self._names(bits))
        return found

    def _names(self, bits: int) -> Iterator[str]:
        return (name for bit, name in self._clauses.items() if bits & bit)


def clause_of(enumerator: str) -> str:
    """A clause's id as the specification has it. Raises LayoutError."""
    match = CLAUSE.fullmatch(enumerator)
    if match is None:
        raise LayoutError(f"enum trace_clause: {enumerator} names no clause, as CLAUSE_LB_4A does")
    return f"{match['chapter']}-{match['number']}{match['letter'].lower()}"
