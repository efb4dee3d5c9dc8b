"""How sure one can be of a share that was measured on a sample."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

NORMAL_95: Final = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie."""


class Interval(NamedTuple):
    """From where to where the true share is, 19 times out of 20."""

    low: float
    high: float


def wilson(hits: int, count: int, population: int | None = None) -> Interval:
    """Wilson's score interval of hits among so many drawn out of a population.

    Where all of the population was looked at there is nothing to be unsure of. Raises ValueError
    for a count of 0.
    """
    if count <= 0:
        raise ValueError("nothing was drawn")
    share = hits / count
    if population is not None and count >= population:
        return Interval(share, share)
    square = NORMAL_95**2
    middle = share + square / (2 * count)
    spread = NORMAL_95 * sqrt(share * (1 - share) / count + square / (4 * count**2))
    bottom = 1 + square / count
    return Interval(max(0.0, (middle - spread) / bottom), min(1.0, (middle + spread) / bottom))
