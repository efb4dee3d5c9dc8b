"""Records of the event ring (OBS-2, OBS-3)."""

from __future__ import annotations

from collections.abc import Mapping

from harness.datapath.codec.enumeration import Enumerations
from harness.datapath.codec.errors import ContentError
from harness.datapath.codec.record import Record
from harness.datapath.codec.trace import TraceCodec
from harness.kernel.btf import Layout
from harness.kernel.errors import LayoutError
from model.domain.address import Address
from model.domain.event import (
    EMPTY_TUPLE,
    DropEvent,
    Event,
    EventKind,
    Hook,
    PolicyVerdictEvent,
    SelectionEvent,
    Tuple,
)
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason

HEAD = ("kind", "family", "time", "hook", "endpoint")
TUPLE = ("source", "destination", "source_port", "destination_port", "protocol")
OF_VERDICTS = ("reason", "rule", "local_identity", "peer_identity")
OF_SELECTIONS = ("service", "backend", "backend_address", "backend_port")
FIELDS = (*HEAD, *TUPLE, *OF_VERDICTS, *OF_SELECTIONS)

ADDRESS_LENGTHS = {0: 0, 4: 4, 6: 16}
REST = {length: bytes(16 - length) for length in ADDRESS_LENGTHS.values()}
HOOKS = {hook.value: hook for hook in Hook}
REASONS = {reason.value: reason for reason in Reason}
VERDICTS = {verdict.value: verdict for verdict in RuleVerdict}
SELECTION = EventKind.SELECTION.value
POLICY_VERDICT = EventKind.POLICY_VERDICT.value
DROP = EventKind.DROP.value
TRACE = EventKind.TRACE.value
NO_RULE = (0, 0, 0)
NO_VERDICT = (0, *NO_RULE)
NO_SELECTION = (0, 0, bytes(16), 0)


class EventCodec:
    """Ring records to domain events: `struct event`, or `struct trace` by the kind.

    Fields that a kind does not use have to be 0.
    """

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "event", FIELDS)
        self._trace = TraceCodec(structures, enumerations)
        self._kind = self._record.offset("kind")
        if self._trace.kind != self._kind:
            raise LayoutError("struct event and struct trace have their kind in different places")

    def decode(self, data: bytes) -> Event:
        """Event from a ring record. Raises ContentError."""
        if len(data) > self._kind and data[self._kind] == TRACE:
            return self._trace.decode(data)
        if len(data) != self._record.size:
            raise ContentError(f"event of {len(data)} bytes instead of {self._record.size}")
        fields = self._record.unpack(data)
        kind, family, time, hook_number, endpoint = fields[:5]
        length, hook = ADDRESS_LENGTHS.get(family), HOOKS.get(hook_number)
        if length is None or hook is None:
            raise ContentError(f"event: family {family} at hook {hook_number} is unknown")
        head = time, hook, endpoint, _packet(fields[5:10], length)
        verdict, selection = fields[10:14], fields[14:]
        if kind == DROP and verdict[1:] == NO_RULE and selection == NO_SELECTION:
            return DropEvent(*head, _reason(verdict[0]))
        if kind == POLICY_VERDICT and selection == NO_SELECTION:
            number, rule, local, peer = verdict
            return PolicyVerdictEvent(*head, local, peer, rule, _verdict(number))
        if kind == SELECTION and verdict == NO_VERDICT:
            service, backend, address, port = selection
            return SelectionEvent(*head, service, backend, _address(address, length), port)
        raise ContentError(f"event of kind {kind}: unknown, or with fields that it does not have")


def _packet(fields: tuple[bytes, bytes, int, int, int], length: int) -> Tuple:
    source, destination, source_port, destination_port, protocol = fields
    if length == 0:
        if fields != (bytes(16), bytes(16), 0, 0, 0):
            raise ContentError("event: a tuple without family is not empty (OBS-2b)")
        return EMPTY_TUPLE
    if length == len(source):
        return Tuple(source, destination, source_port, destination_port, protocol)
    ends = _address(source, length), _address(destination, length)
    return Tuple(*ends, source_port, destination_port, protocol)


def _address(words: bytes, length: int) -> Address:
    if words[length:] != REST[length]:
        raise ContentError("event: an IPv4 address has more than its first word")
    return words[:length]


def _reason(number: int) -> Reason:
    if number not in REASONS:
        raise ContentError(f"event: reason {number} is none")
    return REASONS[number]


def _verdict(number: int) -> RuleVerdict:
    if number not in VERDICTS:
        raise ContentError(f"event: policy verdict {number} is neither 0 nor 1")
    return VERDICTS[number]
