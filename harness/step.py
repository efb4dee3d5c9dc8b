"""Steps: what a scenario, a capture and the fuzzer feed to the lockstep engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model.domain.address import Family
from model.domain.flow import FlowKey
from model.domain.limits import UNLIMITED, Limits
from model.domain.operation import Operation
from model.domain.packet import Packet, Verdict
from model.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class FieldExpectation:
    """A field of the packet afterwards, by Scapy's names: layer, field, value as Scapy gives it."""

    layer: str
    field: str
    value: object


@dataclass(frozen=True, slots=True)
class EntryExpectation:
    """A conntrack entry afterwards: fields of Flow or Selection by name; None: no entry."""

    key: FlowKey
    fields: tuple[tuple[str, object], ...] | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the scenario's author expects of a packet, beside the reference. None: not stated."""

    verdict: Verdict | None = None
    reason: Reason | None = None
    fields: tuple[FieldExpectation, ...] = ()
    entries: tuple[EntryExpectation, ...] = ()


@dataclass(frozen=True, slots=True)
class PacketStep:
    """A packet at a hook. `origin` says where it was written: `file:line` or `capture#record`."""

    packet: Packet
    origin: str = ""
    note: str = ""
    expectation: Expectation | None = None


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The clock moves on by so many nanoseconds."""

    advance: int
    origin: str = ""


@dataclass(frozen=True, slots=True)
class OperationStep:
    """One control-plane transaction."""

    operations: tuple[Operation, ...]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class CollectStep:
    """The collector runs."""

    origin: str = ""


Step = PacketStep | ClockStep | OperationStep | CollectStep

START_CLOCK = 1_000_000_000_000
"""Where every scenario's clock begins: 1000 s, in nanoseconds."""


@dataclass(frozen=True)
class Scenario:
    """Something to run: a topology, then steps in order.

    `steps` may be a stream (a capture) that is read anew with each walk. `path` is the file it
    came from, `family` the family it was written or translated for (None: both or mixed),
    `clauses` the clause ids its author says it covers, `misses` those that it comes near to and
    that must not apply, `limits` the sizes of its tables (CT-12). `failing_calls`: each packet
    comes once more for each of its calls into the kernel, which fails then (PKT-10, CT-12c).
    """

    name: str
    path: str
    topology: tuple[Operation, ...]
    steps: Iterable[Step]
    family: Family | None = None
    description: str = ""
    clauses: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    limits: Limits = UNLIMITED
    failing_calls: bool = False
