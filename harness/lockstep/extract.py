"""Out of a long way to a divergence, the steps that are likely to do."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.step import ClockStep, OperationStep, PacketStep, Step
from harness.subject import Prediction, Refused
from model.domain.packet import Outcome
from model.domain.state import CounterKey


def steps_to(divergence: Divergence) -> Iterator[Step]:
    """The steps up to a divergence."""
    return islice(iter(divergence.scenario.steps), divergence.index + 1)


def latest_steps(divergence: Divergence, count: int) -> list[Step]:
    """The last so many steps, behind all control-plane operations before them."""
    operations: list[Step] = []
    latest: deque[Step] = deque(maxlen=count)
    for step in steps_to(divergence):
        if len(latest) == count and isinstance(latest[0], OperationStep):
            operations.append(latest[0])
        latest.append(step)
    return [*operations, *latest]


def related_steps(lockstep: Lockstep, divergence: Divergence) -> list[Step]:
    """The packets that touched an entry which the last one touched, and all that are no packets.

    Takes a run, for it is the reference that tells what a packet touches. Nothing for differences
    that were not found with a packet.
    """
    if divergence.prediction is None:
        return []
    wanted = {key for key, _ in divergence.prediction.touched if not isinstance(key, CounterKey)}
    kept: list[Step] = []

    def others() -> Iterator[Step]:
        for step in steps_to(divergence):
            if not isinstance(step, PacketStep):
                add(kept, step)
            yield step

    def observe(step: PacketStep, prediction: Prediction | None, _: Outcome | Refused) -> None:
        if prediction is not None and any(key in wanted for key, _ in prediction.touched):
            kept.append(step)

    before, lockstep.observer = lockstep.observer, observe
    try:
        lockstep.run(replace(divergence.scenario, steps=others()))
    except UserError:
        return []
    finally:
        lockstep.observer = before
    return kept


def add(steps: list[Step], step: Step) -> None:
    """Add a step; time that passes twice in a row passes once."""
    last = steps[-1] if steps else None
    if isinstance(last, ClockStep) and isinstance(step, ClockStep):
        steps[-1] = replace(last, advance=last.advance + step.advance)
    else:
        steps.append(step)
