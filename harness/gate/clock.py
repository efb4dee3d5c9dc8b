"""What is left of a gate's time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

Item = TypeVar("Item")


class Clock:
    """Counts down from so many seconds. `cut_short` says that something was left out for it."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds
        self.cut_short = False

    @property
    def left(self) -> float:
        """Seconds, 0 when there are none."""
        return max(0.0, self._end - monotonic())

    def while_left(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, one by one, as long as there is time to begin with the next."""
        for item in items:
            if not self.left:
                self.cut_short = True
                return
            yield item
