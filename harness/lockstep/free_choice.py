"""Legal nondeterminism: finds the legal prediction that the subject made come true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from harness.compare.difference import Difference
from harness.subject import Draw, Prediction, Reference
from model.domain.packet import Packet

Check = Callable[[Prediction], tuple[Difference, ...]]


def always(number: int) -> Draw:
    """A free choice that is settled beforehand."""
    return lambda _count: number


FIRST: Final = always(0)


def matching_prediction(
    reference: Reference, packet: Packet, check: Check
) -> tuple[Prediction, tuple[Difference, ...]]:
    """A prediction without differences, or else the one with the fewest.

    Only a packet with free choices is predicted more than once (LB-3c).
    """
    prediction = reference.predict(packet, FIRST)
    differences = check(prediction)
    if not differences or not prediction.draws:
        return prediction, differences
    best, fewest = 0, differences
    for number in other_draws(prediction):
        differences = check(reference.predict(packet, always(number)))
        if len(differences) < len(fewest):
            best, fewest = number, differences
        if not differences:
            break
    return reference.predict(packet, always(best)), fewest


def other_draws(prediction: Prediction) -> Iterator[int]:
    """The choices that have not been tried. A packet makes one at most."""
    yield from range(1, prediction.draws[0].size)
