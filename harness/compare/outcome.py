"""Compares what became of a packet: verdict, redirect, bytes, context, events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from harness.compare.difference import ABSENT, Difference, Kind
from harness.compare.fields import differing_fields
from harness.compare.packet_fields import differing_packet_fields
from model.domain.event import Event, TraceEvent
from model.domain.packet import Outcome


def compare_outcomes(expected: Outcome, actual: Outcome) -> tuple[Difference, ...]:
    """Differences between two outcomes, the weightiest first; none for equal ones."""
    if expected == actual:
        return ()
    return tuple(differing_outcome(expected, actual))


def with_frame_of(expected: Outcome, actual: Outcome) -> Outcome:
    """An outcome with the frame of another one, in its trace too: nobody's any more (PKT-10)."""
    traced = [one for one in expected.events if isinstance(one, TraceEvent)]
    events = tuple(
        replace(one, after=traced[0].after, length_after=traced[0].length_after)
        if traced and isinstance(one, TraceEvent)
        else one
        for one in actual.events
    )
    return replace(actual, data=expected.data, events=events)


def differing_outcome(expected: Outcome, actual: Outcome) -> Iterator[Difference]:
    """Differences between outcomes that are not equal; behind a fault nothing else is known."""
    if expected.fault != actual.fault:
        yield Difference(
            Kind.FAULT, "packet", "fault", expected.fault or ABSENT, actual.fault or ABSENT
        )
        return
    if expected.verdict != actual.verdict:
        yield Difference(Kind.VERDICT, "packet", "verdict", expected.verdict, actual.verdict)
    if expected.redirect_interface != actual.redirect_interface:
        yield Difference(
            Kind.REDIRECT,
            "packet",
            "interface",
            expected.redirect_interface,
            actual.redirect_interface,
        )
    if expected.data != actual.data:
        yield from differing_packet_fields(expected.data, actual.data)
    yield from differing_fields(Kind.CONTEXT, "context", expected.context, actual.context)
    yield from differing_events(expected.events, actual.events)


def differing_events(expected: Sequence[Event], actual: Sequence[Event]) -> Iterator[Difference]:
    """Differences between two lists of events, place by place; places count from 1."""
    for place, (wanted, got) in enumerate(zip_longest(expected, actual), start=1):
        yield from differing_fields(Kind.EVENT, f"event {place}", wanted, got)
