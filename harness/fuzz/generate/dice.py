"""Every choice of a campaign comes from one seed, through here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Choices of one round; the same for the same seed and path of numbers.

    `random()` gives a float from 0 to 1; the rest is made of it, because the standard library's
    own choices take several times as long.
    """

    def __init__(self, seed: int, *path: int) -> None:
        text = "/".join(str(number) for number in (seed, *path))
        self.random = Random(text).random  # noqa: S311 - to be repeated, not to be secret

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        return int(self.random() * count)

    def between(self, first: int, last: int) -> int:
        """A number from first to last, both included."""
        return first + int(self.random() * (last - first + 1))

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of some items."""
        return items[int(self.random() * len(items))]

    def some(self, items: Sequence[T], probability: float) -> list[T]:
        """Those items that are hit, each with a probability, in order."""
        return [item for item in items if self.random() < probability]

    def sample(self, items: Collection[T], count: int) -> list[T]:
        """So many different items, or all there are."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]
