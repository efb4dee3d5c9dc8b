"""Rate limits: so many uses within a window of one second (OBS-2a, LB-8)."""

from __future__ import annotations

from model.domain.configuration import SECOND
from model.domain.state import Window


def pass_limit(window: Window, now: int, per_second: int) -> tuple[Window, bool]:
    """The window after one more use, and whether the use is within the limit (OBS-2a)."""
    if not per_second:
        return window, True
    if now >= window.begin + SECOND:
        window = Window(now, 0, window.suppressed)
    if window.used < per_second:
        return Window(window.begin, window.used + 1, window.suppressed), True
    return Window(window.begin, window.used, window.suppressed + 1), False
