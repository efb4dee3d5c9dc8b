"""Events that the datapath reports (OBS-2).

Those that nearly every packet makes are not frozen: that takes three times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from model.domain.address import Address
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason


class Hook(IntEnum):
    """The two programs of an endpoint."""

    __hash__ = int.__hash__  # in every key: enum's own is a Python function

    FROM_CONTAINER = 0
    TO_CONTAINER = 1


class Tuple(NamedTuple):
    """A packet's addresses and ports in the packet's own direction.

    For ICMP: identifier as source port, type * 256 + code as destination port.
    """

    source: Address
    destination: Address
    source_port: int
    destination_port: int
    protocol: int


EMPTY_TUPLE = Tuple(b"", b"", 0, 0, 0)
"""The tuple of a packet that could not be parsed (OBS-2b)."""


class EventKind(IntEnum):
    """Kinds of events, in the order in which one packet reports them."""

    SELECTION = 1
    POLICY_VERDICT = 2
    DROP = 3
    TRACE = 4


@dataclass(slots=True)
class SelectionEvent:
    """A backend was recorded for a connection to a service."""

    time: int
    hook: Hook
    endpoint: int
    packet: Tuple
    service: int
    backend: int
    backend_address: Address
    backend_port: int


@dataclass(slots=True)
class PolicyVerdictEvent:
    """Policy judged a new flow; `packet` is the tuple as judged, after translation."""

    time: int
    hook: Hook
    endpoint: int
    packet: Tuple
    local_identity: int
    peer_identity: int
    rule: int
    verdict: RuleVerdict


@dataclass(slots=True)
class DropEvent:
    """A packet was dropped; `packet` is its tuple as it came, `endpoint` 0 where unknown."""

    time: int
    hook: Hook
    endpoint: int
    packet: Tuple
    reason: Reason


TRACE_HEADERS: Final = 128
"""Bytes of a frame that a trace shows."""


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """A packet's whole story (OBS-3): enough to send it through the specification again.

    `before` and `after` are the first TRACE_HEADERS bytes of the frame, filled up with zeros;
    `clauses` are those of OBS-3's list that it met.
    """

    time: int
    hook: Hook
    interface: int
    verdict: int
    reason: Reason
    before: bytes
    after: bytes
    length_before: int
    length_after: int
    clauses: frozenset[str]


LimitedEvent = SelectionEvent | PolicyVerdictEvent | DropEvent
"""An event that is subject to the rate limit (OBS-2a)."""

Event = LimitedEvent | TraceEvent
