"""Places in the arrays: single elements and stretches, what was given back being reused last.

A packet may still hold an index that it read before a switch. Taking the longest unused place
first makes it as unlikely as can be that such a packet sees another's contents.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import NamedTuple

from harness.datapath.control_plane.journal import Journal


class SlotAllocator:
    """Single elements from `first` to `size` - 1. `used` is the end of all that was ever given."""

    def __init__(self, size: int, first: int = 0) -> None:
        self._size = size
        self._returned: deque[int] = deque()
        self.used = first

    def allocate(self, journal: Journal) -> int | None:
        """A free element, or None."""
        if self.used < self._size:
            self.used += 1
            journal.undo_with(self._shrink)
            return self.used - 1
        if not self._returned:
            return None
        slot = self._returned.popleft()
        journal.undo_with(lambda: self._returned.appendleft(slot))
        return slot

    def release(self, slot: int) -> None:
        """Give an element back."""
        self._returned.append(slot)

    def _shrink(self) -> None:
        self.used -= 1


class Stretch(NamedTuple):
    """Elements `first` to `first` + `length` - 1."""

    first: int
    length: int

    @property
    def end(self) -> int:
        """The first element behind it."""
        return self.first + self.length


NO_STRETCH = Stretch(0, 0)


class StretchAllocator:
    """Stretches of an array by first fit. `used` is the end of all that was ever given."""

    def __init__(self, size: int) -> None:
        self._free = [Stretch(0, size)] if size else []
        self._returned: deque[Stretch] = deque()
        self.used = 0

    def allocate(self, count: int, journal: Journal) -> Stretch | None:
        """A free stretch of `count` elements, or None. Nothing is a stretch too."""
        if count == 0:
            return NO_STRETCH
        place = self._find(count)
        while place is None and self._returned:
            self._join(self._returned.popleft())
            place = self._find(count)
        if place is None:
            return None
        stretch = self._cut(place, count)
        journal.undo_with(lambda: self._join(stretch))
        return stretch

    def release(self, stretch: Stretch) -> None:
        """Give a stretch back."""
        if stretch.length:
            self._returned.append(stretch)

    def _find(self, count: int) -> int | None:
        for place, stretch in enumerate(self._free):
            if stretch.length >= count:
                return place
        return None

    def _cut(self, place: int, count: int) -> Stretch:
        whole = self._free[place]
        if whole.length == count:
            del self._free[place]
        else:
            self._free[place] = Stretch(whole.first + count, whole.length - count)
        self.used = max(self.used, whole.first + count)
        return Stretch(whole.first, count)

    def _join(self, stretch: Stretch) -> None:
        """Put a stretch among the free ones, one with its neighbours."""
        place = bisect_left(self._free, stretch)
        self._free.insert(place, stretch)
        for left in (place, place - 1):
            if 0 <= left < len(self._free) - 1:
                first, second = self._free[left], self._free[left + 1]
                if first.end == second.first:
                    self._free[left : left + 2] = [
                        Stretch(first.first, first.length + second.length)
                    ]
