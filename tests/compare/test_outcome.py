"""What became of a packet: each kind of difference is planted, found, and named."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from harness.compare.difference import ABSENT, Difference, Kind
from harness.compare.outcome import compare_outcomes
from model.domain.event import TRACE_HEADERS, DropEvent, Event, Hook, TraceEvent
from model.domain.packet import Context, Outcome, Verdict
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason
from tests.compare.example import PASSED, SELECTION_EVENT, TUPLE, VERDICT_EVENT, passed, tcp

DROP_EVENT = DropEvent(1_000, Hook.FROM_CONTAINER, 1, TUPLE, Reason.POLICY_DENIED)
HEADERS = bytes(TRACE_HEADERS)
TRACE_EVENT = TraceEvent(
    1_000, Hook.FROM_CONTAINER, 2, 0, Reason.NEW, HEADERS, HEADERS, 60, 60, frozenset({"CT-2"})
)


def test_equal_outcomes_have_no_difference() -> None:
    again = passed(data=bytes(bytearray(PASSED.data)), context=Context(5, 6))
    assert compare_outcomes(PASSED, again) == ()


@pytest.mark.parametrize(
    ("actual", "wanted"),
    [
        (
            passed(verdict=Verdict.DROP),
            Difference(Kind.VERDICT, "packet", "verdict", Verdict.PASS, Verdict.DROP),
        ),
        (
            passed(redirect_interface=12),
            Difference(Kind.REDIRECT, "packet", "interface", 0, 12),
        ),
        (
            passed(context=Context(mark=9, priority=6)),
            Difference(Kind.CONTEXT, "context", "mark", 5, 9),
        ),
        (
            passed(context=Context(mark=5, priority=0)),
            Difference(Kind.CONTEXT, "context", "priority", 6, 0),
        ),
        (
            passed(context=Context(5, 6, (0, 0, 0, 0, 12))),
            Difference(Kind.CONTEXT, "context", "control_block", (0, 0, 0, 0, 0), (0, 0, 0, 0, 12)),
        ),
        (
            passed(data=tcp(ttl=63)[:24] + tcp()[24:]),
            Difference(Kind.BYTES, "IP", "ttl", 64, 63),
        ),
        (
            passed(fault="stale checksum"),
            Difference(Kind.FAULT, "packet", "fault", ABSENT, "stale checksum"),
        ),
    ],
    ids=["verdict", "redirect", "mark", "priority", "control block", "bytes", "fault"],
)
def test_one_thing_planted_is_the_one_difference(actual: Outcome, wanted: Difference) -> None:
    assert compare_outcomes(PASSED, actual) == (wanted,)


def test_a_fault_that_only_the_reference_has_is_absent_on_the_other_side() -> None:
    (found,) = compare_outcomes(passed(fault="stale checksum"), PASSED)
    assert found == Difference(Kind.FAULT, "packet", "fault", "stale checksum", ABSENT)


def test_behind_a_fault_nothing_else_is_compared() -> None:
    actual = passed(fault="stale checksum", verdict=Verdict.DROP, data=b"", events=())
    assert [one.kind for one in compare_outcomes(PASSED, actual)] == [Kind.FAULT]


def test_the_verdict_comes_before_the_bytes_and_those_before_the_events() -> None:
    actual = Outcome(Verdict.REDIRECT, tcp(ttl=63), Context(), (), 12)
    kinds = [one.kind for one in compare_outcomes(PASSED, actual)]
    assert list(dict.fromkeys(kinds)) == [
        Kind.VERDICT,
        Kind.REDIRECT,
        Kind.BYTES,
        Kind.CONTEXT,
        Kind.EVENT,
    ]


def test_a_missing_event() -> None:
    (found,) = compare_outcomes(PASSED, passed(events=(SELECTION_EVENT,)))
    assert found == Difference(Kind.EVENT, "event 2", "PolicyVerdictEvent", VERDICT_EVENT, ABSENT)


def test_an_extra_event() -> None:
    (found,) = compare_outcomes(PASSED, passed(events=(*PASSED.events, DROP_EVENT)))
    assert found == Difference(Kind.EVENT, "event 3", "DropEvent", ABSENT, DROP_EVENT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time", 1_001),
        ("hook", Hook.TO_CONTAINER),
        ("endpoint", 2),
        ("packet", TUPLE._replace(source_port=1)),
        ("local_identity", 101),
        ("peer_identity", 1),
        ("rule", 4),
        ("verdict", RuleVerdict.DENY),
    ],
)
def test_a_field_of_an_event(field: str, value: object) -> None:
    changed = replace(VERDICT_EVENT, **{field: value})  # type: ignore[arg-type]  # by name
    (found,) = compare_outcomes(PASSED, passed(events=(SELECTION_EVENT, changed)))
    assert found == Difference(Kind.EVENT, "event 2", field, getattr(VERDICT_EVENT, field), value)


ANYTHING_ELSE = object()


@pytest.mark.parametrize(
    "event",
    [SELECTION_EVENT, VERDICT_EVENT, DROP_EVENT, TRACE_EVENT],
    ids=["selection", "policy verdict", "drop", "trace"],
)
def test_every_field_of_every_event(event: Event) -> None:
    for item in fields(event):
        changed = replace(event, **{item.name: ANYTHING_ELSE})  # type: ignore[arg-type]  # by name
        (found,) = compare_outcomes(passed(events=(event,)), passed(events=(changed,)))
        assert (found.field, found.actual) == (item.name, ANYTHING_ELSE)


def test_every_field_of_an_outcome() -> None:
    others = {"data": b"", "context": Context(9), "events": (DROP_EVENT,)}
    for item in fields(Outcome):
        changed = passed(**{item.name: others.get(item.name, ANYTHING_ELSE)})
        assert compare_outcomes(PASSED, changed)
        assert compare_outcomes(changed, PASSED)


def test_events_in_another_order_differ() -> None:
    found = compare_outcomes(PASSED, passed(events=PASSED.events[::-1]))
    assert [(one.where, one.expected, one.actual) for one in found] == [
        ("event 1", SELECTION_EVENT, VERDICT_EVENT),
        ("event 2", VERDICT_EVENT, SELECTION_EVENT),
    ]
