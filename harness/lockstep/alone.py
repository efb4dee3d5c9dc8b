"""A scenario on the reference alone: for explanations and recorded vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.lockstep.transaction import carry_out
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
    """Every step, and for packets that are not left out what the reference made of them.

    Raises OperationError where an operation cannot be carried out.
    """
    now, packets = START_CLOCK, 0
    reference = reference.resized(scenario.limits)
    reference.reset()
    reference.set_clock(now)
    carry_out(OperationStep(scenario.topology, f"{scenario.path}: topology"), reference)
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
            case OperationStep():
                carry_out(step, reference)
            case CollectStep():
                reference.collect()
        yield step, prediction
