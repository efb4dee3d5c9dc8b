"""Events and their rate limit (OBS-2)."""

from __future__ import annotations

from model.domain.configuration import EventSwitches
from model.domain.event import (
    EMPTY_TUPLE,
    DropEvent,
    Event,
    LimitedEvent,
    PolicyVerdictEvent,
    SelectionEvent,
)
from model.domain.state import Window
from model.rate_limit import pass_limit
from model.trace import Trace


def is_switched_on(event: LimitedEvent, switches: EventSwitches) -> bool:
    """Whether events of this kind are wanted."""
    match event:
        case SelectionEvent():
            return switches.selections
        case PolicyVerdictEvent():
            return switches.policy_verdicts
        case DropEvent():
            return switches.drops


def report(
    events: list[LimitedEvent], switches: EventSwitches, window: Window, now: int, trace: Trace
) -> tuple[tuple[Event, ...], Window]:
    """The events that reach the ring, in order, and the window afterwards."""
    reported = []
    for event in events:
        if is_switched_on(event, switches):
            window, allowed = pass_limit(window, now, switches.per_second)
            if not allowed:
                trace.note("OBS-2a", "event suppressed")
                continue
            trace.note("OBS-2", "event", type(event).__name__)
            if isinstance(event, DropEvent) and event.packet == EMPTY_TUPLE:
                trace.note("OBS-2b", "an event without tuple")
            reported.append(event)
    return tuple(reported), window
