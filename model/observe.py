"""Events and their rate limit (OBS-2)."""

from __future__ import annotations

from model.domain.configuration import SECOND, EventSwitches
from model.domain.event import DropEvent, Event, PolicyVerdictEvent, SelectionEvent
from model.domain.state import Window


def is_switched_on(event: Event, switches: EventSwitches) -> bool:
    """Whether events of this kind are wanted."""
    match event:
        case SelectionEvent():
            return switches.selections
        case PolicyVerdictEvent():
            return switches.policy_verdicts
        case DropEvent():
            return switches.drops


def pass_limit(window: Window, now: int, per_second: int) -> tuple[Window, bool]:
    """The window after one more use, and whether the use is within the limit (OBS-2a)."""
    if not per_second:
        return window, True
    if now >= window.begin + SECOND:
        window = Window(now, 0, window.suppressed)
    if window.used < per_second:
        return Window(window.begin, window.used + 1, window.suppressed), True
    return Window(window.begin, window.used, window.suppressed + 1), False


def report(
    events: list[Event], switches: EventSwitches, window: Window, now: int
) -> tuple[tuple[Event, ...], Window]:
    """The events that reach the ring, in order, and the window afterwards."""
    reported = []
    for event in events:
        if is_switched_on(event, switches):
            window, allowed = pass_limit(window, now, switches.per_second)
            if allowed:
                reported.append(event)
    return tuple(reported), window
