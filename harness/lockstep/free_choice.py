"""Legal nondeterminism: finds the legal prediction that the subject made come true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from harness.compare.difference import Difference
from harness.subject import Draw, Prediction, Reference
from model.domain.failure import Failure
from model.domain.packet import Packet

Check = Callable[[Prediction], tuple[Difference, ...]]


def always(number: int) -> Draw:
    """A free choice that is settled beforehand."""
    return lambda _count: number


FIRST: Final = always(0)


AS_USUAL: Final[Sequence[Failure | None]] = (None,)


def matching_prediction(
    reference: Reference,
    packet: Packet,
    check: Check,
    failures: Sequence[Failure | None] = AS_USUAL,
) -> tuple[Prediction, tuple[Difference, ...]]:
    """A prediction without differences, or else the one with the fewest.

    `failures` are what a call that failed can mean (PKT-10, CT-12c), one at least. Only a packet
    with such a call or with free choices is predicted more than once.
    """
    tried = [matching_draw(reference, packet, check, failures[0])]
    for failure in failures[1:]:
        if not tried[-1][1]:
            break
        tried.append(matching_draw(reference, packet, check, failure))
    best = min(range(len(tried)), key=lambda place: len(tried[place][1]))
    if best == len(tried) - 1:
        return tried[best]
    return matching_draw(reference, packet, check, failures[best])


def matching_draw(
    reference: Reference, packet: Packet, check: Check, failure: Failure | None
) -> tuple[Prediction, tuple[Difference, ...]]:
    """The same for one failure: only the free choices are open (LB-3c)."""

    def predict(draw: Draw) -> Prediction:
        if failure is None:
            return reference.predict(packet, draw)
        return reference.predict_failing(packet, draw, failure)

    prediction = predict(FIRST)
    differences = check(prediction)
    if not differences or not prediction.draws:
        return prediction, differences
    best, fewest = 0, differences
    for number in other_draws(prediction):
        differences = check(predict(always(number)))
        if len(differences) < len(fewest):
            best, fewest = number, differences
        if not differences:
            break
    return predict(always(best)), fewest


def other_draws(prediction: Prediction) -> Iterator[int]:
    """The choices that have not been tried. A packet makes one at most."""
    yield from range(1, prediction.draws[0].size)
