"""Holds a scenario author's own expectation against both sides: three parties have to agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.compare.describe import key_words
from harness.compare.difference import ABSENT, Difference, Kind
from harness.step import EntryExpectation, Expectation, FieldExpectation
from harness.subject import Prediction, StateKey, StateValue
from model.domain.packet import Outcome

Read = Callable[[StateKey], StateValue | None]


def check_expectation(
    expectation: Expectation, who: str, outcome: Outcome, read: Read
) -> tuple[Difference, ...]:
    """Where a side's outcome and state differ from what the author expects."""
    return tuple(differing(expectation, who, outcome, read))


def differing(
    expectation: Expectation, who: str, outcome: Outcome, read: Read
) -> Iterator[Difference]:
    """Differences in verdict, packet fields and entries."""
    if expectation.verdict is not None and expectation.verdict != outcome.verdict:
        yield Difference(Kind.EXPECTATION, who, "verdict", expectation.verdict, outcome.verdict)
    if expectation.fields:
        yield from differing_packet(expectation.fields, who, outcome.data)
    for entry in expectation.entries:
        yield from differing_entry(entry, who, read(entry.key))


def differing_packet(
    wanted: tuple[FieldExpectation, ...], who: str, frame: bytes
) -> Iterator[Difference]:
    """Fields of the packet that are not as expected."""
    from harness.compare.packet_fields import layers  # noqa: PLC0415 - imports Scapy

    found = layers(frame)
    for field in wanted:
        actual = found.get(field.layer, {}).get(field.field, ABSENT)
        if actual != field.value:
            yield Difference(
                Kind.EXPECTATION, who, f"{field.layer}.{field.field}", field.value, actual
            )


def differing_entry(wanted: EntryExpectation, who: str, actual: Any) -> Iterator[Difference]:
    """Fields of a conntrack entry that are not as expected."""
    where = f"{who}: {key_words(wanted.key)}"
    if wanted.fields is None:
        if actual is not None:
            yield Difference(Kind.EXPECTATION, where, "entry", ABSENT, actual)
        return
    for name, value in wanted.fields:
        got = getattr(actual, name, ABSENT)
        if got != value:
            yield Difference(Kind.EXPECTATION, where, name, value, got)


def check_reason(
    expectation: Expectation, who: str, prediction: Prediction
) -> tuple[Difference, ...]:
    """Whether the reference's reason is the expected one.

    The subject's reason needs no look of its own: it is compared as a counter.
    """
    if expectation.reason is None or expectation.reason == prediction.reason:
        return ()
    return (Difference(Kind.EXPECTATION, who, "reason", expectation.reason, prediction.reason),)
