"""Every kind of difference is found where it is planted, and only while its kind is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.compare.difference import Difference, Kind
from harness.compare.strictness import EVERYTHING, Strictness, without
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import Expectation, Scenario
from harness.subject import Subject
from model.domain.event import Hook
from model.domain.flow import Affinity
from model.domain.packet import Outcome, Verdict
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey, Window
from tests.lockstep.world import (
    WEB,
    Datapath,
    WrongDatapath,
    changed_flow,
    enters,
    first_fragment,
    flow_key,
    leaves,
    scenario,
)

HALF_WAY = scenario(leaves(), enters(), leaves(flags="A"), leaves(to=WEB), first_fragment())
"""A handshake, a connection to a service with affinity, a fragment."""


def wrong(packet: int, change: Callable[[Datapath], None]) -> WrongDatapath:
    """A datapath whose tables change by themselves behind a packet."""

    def alteration(datapath: Datapath, outcome: Outcome) -> Outcome:
        change(datapath)
        return outcome

    return WrongDatapath(packet, alteration)


def altered(packet: int, **changes: object) -> WrongDatapath:
    """A datapath with another outcome for one packet."""
    return WrongDatapath(
        packet,
        lambda _, outcome: replace(outcome, **changes),  # type: ignore[arg-type]  # by name
    )


def without_events(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, events=())


def with_another_byte(_: Datapath, outcome: Outcome) -> Outcome:
    data = bytearray(outcome.data)
    data[22] -= 1
    return replace(outcome, data=bytes(data))


def with_a_mark(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, context=outcome.context._replace(mark=1))


def count_once_more(datapath: Datapath) -> None:
    key = CounterKey(Hook.TO_CONTAINER, Reason.REPLY)
    packets, size = datapath.tables.counters[key]
    datapath.tables.counters[key] = Counter(packets + 1, size)


def forget_the_flow(datapath: Datapath) -> None:
    del datapath.tables.conntrack[flow_key()]


def use_the_affinity_later(datapath: Datapath) -> None:
    ((key, affinity),) = datapath.tables.affinities.items()
    datapath.tables.affinities[key] = Affinity(affinity.backend, affinity.last_use + 1)


def forget_the_datagram(datapath: Datapath) -> None:
    datapath.tables.datagrams.clear()


def suppress_an_event(datapath: Datapath) -> None:
    datapath.tables.event_window = Window(0, 0, 1)


class Damaged(Datapath):
    def damage(self) -> list[str]:
        return ["backends[7]: state is 9 instead of 1"]


PLANTED: dict[str, tuple[Kind, Subject, int, str]] = {
    "verdict": (Kind.VERDICT, altered(2, verdict=Verdict.DROP), 1, "packet.verdict"),
    "redirect": (Kind.REDIRECT, altered(2, redirect_interface=12), 1, "packet.interface"),
    "bytes": (Kind.BYTES, WrongDatapath(2, with_another_byte), 1, "IP.ttl"),
    "context": (Kind.CONTEXT, WrongDatapath(3, with_a_mark), 2, "context.mark"),
    "fault": (Kind.FAULT, altered(3, fault="stale"), 2, "packet.fault"),
    "event": (Kind.EVENT, WrongDatapath(1, without_events), 0, "event 1.PolicyVerdictEvent"),
    "counter": (Kind.COUNTER, wrong(2, count_once_more), 1, "to_container/reply.packets"),
    "window": (Kind.COUNTER, wrong(5, suppress_an_event), 5, "event window.suppressed"),
    "entry changed": (
        Kind.ENTRY,
        wrong(3, lambda datapath: changed_flow(datapath, flow_key(), established=False)),
        2,
        "tcp 10.0.1.5:40000 -> 10.0.2.7:80.established",
    ),
    "entry missing": (
        Kind.ENTRY,
        wrong(3, forget_the_flow),
        2,
        "tcp 10.0.1.5:40000 -> 10.0.2.7:80.Flow",
    ),
    "affinity": (
        Kind.ENTRY,
        wrong(4, use_the_affinity_later),
        3,
        "client 10.0.1.5 of service 1.last_use",
    ),
    "datagram": (
        Kind.ENTRY,
        wrong(5, forget_the_datagram),
        4,
        "udp datagram 0x9 10.0.1.5 -> 10.0.2.7 (from_container).Datagram",
    ),
    "damage": (Kind.DAMAGE, Damaged(), 5, "control-plane tables.entry"),
}
each = pytest.mark.parametrize(("kind", "subject", "index", "place"), PLANTED.values(), ids=PLANTED)


def differences(subject: Subject, strictness: Strictness) -> tuple[int, tuple[Difference, ...]]:
    """Where a run ends (-1: agreement), and with which differences."""
    result = Lockstep(ModelReference(), subject, strictness).run(HALF_WAY)
    for divergence in result.divergences:
        return divergence.index, divergence.differences
    return -1, ()


@each
def test_what_is_planted_is_found_at_its_step(
    kind: Kind, subject: Subject, index: int, place: str
) -> None:
    found_at, found = differences(subject, EVERYTHING)
    assert found_at == index
    assert [(one.kind, f"{one.where}.{one.field}") for one in found] == [(kind, place)]


@each
def test_only_its_own_kind_finds_it(kind: Kind, subject: Subject, index: int, place: str) -> None:
    assert differences(subject, frozenset({kind})) == differences(subject, EVERYTHING)
    found_at, found = differences(subject, without(kind))
    assert not [one for one in found if one.kind is kind]
    assert found_at == -1, f"{place} was found at step {index} by another kind: {found}"


def test_an_expectation_is_one_more_kind() -> None:
    step = replace(leaves(), expectation=Expectation(verdict=Verdict.DROP))
    expecting = Scenario("example", "example.yaml", HALF_WAY.topology, (step,))
    strict = Lockstep(ModelReference(), Datapath()).run(expecting)
    assert {one.kind for one in strict.divergences[0].differences} == {Kind.EXPECTATION}
    lax = Lockstep(ModelReference(), Datapath(), without(Kind.EXPECTATION)).run(expecting)
    assert lax.divergences == []


def test_every_kind_is_planted_here() -> None:
    assert {kind for kind, *_ in PLANTED.values()} | {Kind.EXPECTATION} == set(Kind)
