"""A divergence in words: differences, packet field by field, time line of its steps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from harness.compare.describe import field_words, key_words, structure_words, value_words
from harness.compare.packet_fields import layers
from harness.findings import Finding, cause
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import deciding_clause, is_long, signature
from harness.lockstep.result import Divergence
from harness.report.words import note_words, outcome_words, step_words
from harness.step import START_CLOCK, ClockStep, CollectStep, OperationStep, PacketStep, Step
from harness.store.family import NONE, family_of
from harness.store.records import (
    DivergenceRecord,
    FieldDifference,
    PacketField,
    TimelineEntry,
)
from harness.subject import Prediction, Refused
from model.domain.event import Hook
from model.domain.flow import FlowKey
from model.domain.packet import Outcome

TIMELINE: Final = 60
"""Steps that a time line keeps, the last ones."""

SHOWN_BYTES: Final = 48
"""Bytes of a payload that are shown; what is left out is counted."""

ABOUT: Final = {
    "expires": "CT-3",
    "opener_packets": "CT-11",
    "opener_bytes": "CT-11",
    "reply_packets": "CT-11",
    "reply_bytes": "CT-11",
    "policy_revision": "POL-5",
    "service_revision": "LB-15",
    "chksum": "PKT-8",
}
"""Clauses that a field belongs to, whatever was decided about the packet."""


def record_of(
    finding: Finding, loader: str, timeline: tuple[TimelineEntry, ...]
) -> DivergenceRecord:
    """A finding as the store keeps it."""
    divergence = finding.divergence
    step, prediction = divergence.step, divergence.prediction
    reproduction = finding.reproduction
    told = DivergenceRecord(
        loader,
        divergence.scenario.name,
        divergence.scenario.path,
        family_of_step(step),
        step.origin if step is not None else "",
        0 if step is None else divergence.index + 1,
        clause_of(divergence),
        fingerprint(divergence),
        digest(*cause_words(divergence)),
        finding.replay,
        tuple(differences(divergence)),
        timeline=timeline,
        reproduced=reproduction.agreed,
        tries=reproduction.tries,
        problem=finding.problem,
    )
    return replace(
        told,
        sent="" if step is None else step_words(step),
        model="" if prediction is None else outcome_words(prediction.outcome, prediction.reason),
        datapath=actual_words(divergence),
        notes=() if prediction is None else tuple(notes(prediction)),
        fields=tuple(packet_fields(divergence)),
    )


def fingerprint(divergence: Divergence) -> str:
    """The same for the same kind of difference under the same clause, in whatever scenario."""
    kind, field, clause = signature(divergence)
    return digest(kind.value, field, clause)


def cause_words(divergence: Divergence) -> Iterator[str]:
    """A divergence's cause, part by part."""
    (kind, *signed), *rest = cause(divergence)
    yield from (kind.value, *signed)
    yield from (value_words(one) for one in rest)


def digest(*words: str) -> str:
    """A short name for words."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]


def clause_of(divergence: Divergence) -> str:
    """The clause that a divergence is about: that of its field, or the one that decided."""
    return clause_of_field(divergence) or deciding_clause(divergence.prediction)


def clause_of_field(divergence: Divergence) -> str:
    """The clause that the field which differs belongs to, if the packet met it; else none."""
    if divergence.prediction is None:
        return ""
    about = ABOUT.get(signature(divergence).field, "")
    return about if any(note.clause == about for note in divergence.prediction.notes) else ""


def differences(divergence: Divergence) -> Iterator[FieldDifference]:
    """What differs, values in words."""
    for one in divergence.differences:
        words = field_words(one.field, one.expected), field_words(one.field, one.actual)
        yield FieldDifference(one.kind.value, one.where, one.field, *words)


def notes(prediction: Prediction) -> Iterator[tuple[str, str]]:
    """What the model went by."""
    for note in prediction.notes:
        yield note.clause, note_words(note)


def actual_words(divergence: Divergence) -> str:
    """What the subject did."""
    if divergence.outcome is None:
        return ""
    return outcome_words(divergence.outcome, divergence.counted_reason)


def family_of_step(step: Step | None) -> str:
    """`ipv4`, `ipv6` or `none`."""
    return family_of(step.packet.data) if isinstance(step, PacketStep) else NONE


def packet_fields(divergence: Divergence) -> Iterator[PacketField]:
    """Every header field of the packet as sent, as expected, as it came out."""
    step, prediction, outcome = divergence.step, divergence.prediction, divergence.outcome
    if not isinstance(step, PacketStep) or prediction is None or outcome is None:
        return
    frames = step.packet.data, prediction.outcome.data, outcome.data
    views = [layers(frame) for frame in frames]
    for layer in dict.fromkeys(name for view in views for name in view):
        fields = [view.get(layer, {}) for view in views]
        for name in dict.fromkeys(name for one in fields for name in one):
            values = (packet_field_words(one[name]) if name in one else "" for one in fields)
            yield PacketField(layer, name, *values)


def packet_field_words(value: Any) -> str:
    """A field's value on one line; of long payloads the beginning."""
    if isinstance(value, bytes):
        more = len(value) - SHOWN_BYTES
        return value[:SHOWN_BYTES].hex(" ") + (f" and {more} bytes more" if more > 0 else "")
    return str(value)


def timeline(lockstep: Lockstep, divergence: Divergence) -> tuple[TimelineEntry, ...]:
    """The steps of a divergence as both sides went through them; takes a run.

    Nothing for ways to a divergence that are too long to be held in memory.
    """
    if is_long(divergence):
        return ()
    seen: list[TimelineEntry] = []
    steps = list(divergence.scenario.steps)

    def observe(
        step: PacketStep, prediction: Prediction | None, outcome: Outcome | Refused
    ) -> None:
        seen.append(packet_entry(step, prediction, outcome, lockstep.now - START_CLOCK))

    before, lockstep.observer = lockstep.observer, observe
    try:
        lockstep.run(divergence.scenario)
    finally:
        lockstep.observer = before
    entries = list(merged(steps[: divergence.index + 1], seen))
    if divergence.step is not None and entries:
        entries[-1] = replace(entries[-1], diverges=True)
    return tuple(entries[-TIMELINE:])


def merged(steps: list[Step], packets: list[TimelineEntry]) -> Iterator[TimelineEntry]:
    """Packets, and between them what happened beside: clock, control plane, collector."""
    now, remaining = 0, iter(packets)
    for number, step in enumerate(steps, start=1):
        match step:
            case PacketStep():
                entry = next(remaining, None)
                if entry is None:
                    return
                yield replace(entry, number=number)
            case ClockStep(advance):
                now += advance
                yield TimelineEntry(number, now, "clock", step_words(step))
            case OperationStep():
                yield TimelineEntry(number, now, "control plane", operation_words(step))
            case CollectStep():
                yield TimelineEntry(number, now, "collector", step_words(step))


def operation_words(step: OperationStep) -> str:
    """What a transaction does, without the heading."""
    return step_words(step).removeprefix("control plane: ")


def packet_entry(
    step: PacketStep, prediction: Prediction | None, outcome: Outcome | Refused, at: int
) -> TimelineEntry:
    """One packet on both sides."""
    kind = "leaves" if step.packet.hook is Hook.FROM_CONTAINER else "enters"
    words = f"{step.note}: {step_words(step)}" if step.note else step_words(step)
    if isinstance(outcome, Refused) or prediction is None:
        return TimelineEntry(0, at, kind, words, "not asked", "refused by the kernel")
    return TimelineEntry(
        0,
        at,
        kind,
        words,
        outcome_words(prediction.outcome, prediction.reason),
        outcome_words(outcome, None),
        tuple(dict.fromkeys(note.clause for note in prediction.notes)),
        tuple(
            f"{key_words(key)}: {structure_words(value)}"
            for key, value in prediction.touched
            if isinstance(key, FlowKey) and value is not None
        ),
    )
