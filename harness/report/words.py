"""Steps and packets in a line, as screens and saved divergences show them."""

from __future__ import annotations

from harness.compare.describe import duration_words, field_words
from harness.packets import summary
from harness.step import ClockStep, CollectStep, OperationStep, PacketStep, Step
from model.domain.event import Hook
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.trace import Note


def step_words(step: Step) -> str:
    """One step in a line."""
    match step:
        case PacketStep(packet):
            return packet_words(packet)
        case ClockStep(advance):
            return f"clock moves on by {duration_words(advance)}"
        case OperationStep(operations):
            names = ", ".join(type(operation).__name__ for operation in operations)
            return f"control plane: {names}"
        case CollectStep():
            return "collector runs"


def packet_words(packet: Packet) -> str:
    """Where a packet was and what it was."""
    way = "leaves the pod" if packet.hook is Hook.FROM_CONTAINER else "enters the pod"
    return f"{summary(packet.data)} ({way}, interface {packet.interface}, {len(packet.data)} bytes)"


def outcome_words(outcome: Outcome, reason: Reason | None) -> str:
    """What became of a packet and why, in a line; behind a fault nothing else is known."""
    why = "" if reason is None else f" [{reason.name.lower()}]"
    if outcome.fault:
        return f"fault: {outcome.fault}{why}"
    words = outcome.verdict.name.lower() + why
    if outcome.verdict is Verdict.REDIRECT:
        words += f" to interface {outcome.redirect_interface}"
    if outcome.verdict is not Verdict.DROP:
        words += f": {summary(outcome.data)}"
    if outcome.events:
        words += f"; events: {', '.join(type(event).__name__ for event in outcome.events)}"
    return words


def note_words(note: Note) -> str:
    """What a clause brought about."""
    return note.what if note.value is None else f"{note.what}: {field_words(note.what, note.value)}"
