"""A scenario on the reference alone: for explanations and recorded vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.step import (
    START_CLOCK,
    ClockStep,
    CollectStep,
    OperationStep,
    PacketStep,
    Scenario,
    Step,
)
from harness.subject import Draw, Prediction, Reference

Choose = Callable[[int], Draw | None]
"""The free choice of a packet, by the packet's number from 0; None leaves the packet out."""


def walk_alone(
    reference: Reference, scenario: Scenario, choose: Choose
) -> Iterator[tuple[Step, Prediction | None]]:
    """Every step, and for packets that are not left out what the reference made of them."""
    now, packets = START_CLOCK, 0
    reference.reset()
    reference.set_clock(now)
    reference.apply(scenario.topology)
    for step in scenario.steps:
        prediction = None
        match step:
            case PacketStep(packet):
                draw = choose(packets)
                packets += 1
                if draw is not None:
                    prediction = reference.predict(packet, draw)
                    reference.commit(prediction)
            case ClockStep(advance):
                now += advance
                reference.set_clock(now)
            case OperationStep(operations):
                reference.apply(operations)
            case CollectStep():
                reference.collect()
        yield step, prediction
