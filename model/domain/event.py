"""Events that the datapath reports (OBS-2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from model.domain.address import Address
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason


class Hook(IntEnum):
    """The two programs of an endpoint."""

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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class DropEvent:
    """A packet was dropped; `packet` is its tuple as it came, `endpoint` 0 where unknown."""

    time: int
    hook: Hook
    endpoint: int
    packet: Tuple
    reason: Reason


Event = SelectionEvent | PolicyVerdictEvent | DropEvent
