"""Changes to a case that is known to reach something: steps left out, doubled, moved, altered."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from harness.fuzz.generate.configuration import draw_configuration
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Swarm
from harness.fuzz.traffic.conversation import VALID_FLAGS
from harness.fuzz.traffic.frame import tcp_flags, with_tcp_flags
from harness.fuzz.traffic.havoc import mutate, resize
from harness.fuzz.traffic.stream import Stream
from harness.step import ClockStep, OperationStep, PacketStep, Scenario, Step
from harness.subject import Prediction
from model.domain.event import Hook
from model.domain.operation import Operation, SetConfiguration

FRESH: Final = 12
"""Steps of the stream's own between two variations, at most."""

OPERATIONS: Final = 0.3
"""Share of a case's operations that are carried out in a variation: packets are quicker."""

OTHER_CASE: Final = 0.4


class Variations:
    """Steps of a round about known cases: each time a case changed anew, then some fresh steps.

    The round's topology is that of the first case; steps of others are tried in it as they are.
    """

    def __init__(self, dice: Dice, stream: Stream, cases: Sequence[Scenario]) -> None:
        self.dice = dice
        self.stream = stream
        self.cases = cases
        self.waiting: deque[Step] = deque()
        self.fresh = 0

    def next_step(self, now: int) -> Step:
        """The next step; `now` is the clock, in nanoseconds."""
        while True:
            if self.fresh:
                self.fresh -= 1
                return self.stream.next_step(now)
            if not self.waiting:
                self.refill()
                continue
            step = self.waiting.popleft()
            if not isinstance(step, OperationStep):
                return step
            if self.dice.chance(OPERATIONS) and self.suits(step):
                return step

    def saw(self, step: PacketStep, prediction: Prediction) -> None:
        """Take in what became of a packet."""
        self.stream.saw(step, prediction)

    def refill(self) -> None:
        """Another variation, and how many fresh steps come before it."""
        dice = self.dice
        case = dice.pick(self.cases) if dice.chance(OTHER_CASE) else self.cases[0]
        self.waiting.extend(vary(dice, tuple(case.steps)))
        self.fresh = dice.between(1, FRESH)

    def suits(self, step: OperationStep) -> bool:
        """Whether a transaction can be carried out now; what is there is known from here on."""
        inventory = self.stream.inventory
        if not all(inventory.allows(operation) for operation in step.operations):
            return False
        self.stream.applied(step.operations)
        return True


def vary_topology(
    dice: Dice, swarm: Swarm, topology: tuple[Operation, ...]
) -> tuple[Operation, ...]:
    """The topology, at times with another configuration."""
    if not dice.chance(0.25):
        return topology
    rest = tuple(one for one in topology if not isinstance(one, SetConfiguration))
    return (SetConfiguration(draw_configuration(dice, swarm)), *rest)


def vary(dice: Dice, steps: tuple[Step, ...]) -> list[Step]:
    """The steps with a few changes in their order and in themselves."""
    changed = list(steps)
    for _ in range(dice.pick((0, 1, 1, 2, 4))):
        if changed:
            rearrange(dice, changed)
    rate = dice.pick((0.0, 0.05, 0.2))
    return [alter(dice, step) if dice.chance(rate) else step for step in changed]


def rearrange(dice: Dice, steps: list[Step]) -> None:
    """Leave out, double or move a run of steps."""
    begin = dice.below(len(steps))
    end = min(len(steps), begin + dice.pick((1, 1, 2, 4, 8)))
    run = steps[begin:end]
    kind = dice.below(3)
    if kind != 1:
        del steps[begin:end]
    if kind != 0:
        place = dice.below(len(steps) + 1)
        steps[place:place] = run


def alter(dice: Dice, step: Step) -> Step:
    """A step that is nearly the same."""
    if isinstance(step, ClockStep):
        return ClockStep(max(step.advance + dice.pick((-1, 1)), 1))
    if isinstance(step, PacketStep):
        return alter_packet(dice, step)
    return step


def alter_packet(dice: Dice, step: PacketStep) -> PacketStep:
    """A packet with other flags, other bytes, of another length, or at the other hook."""
    packet = step.packet
    kind = dice.below(4)
    if kind == 0 and tcp_flags(packet.data):
        data = with_tcp_flags(packet.data, dice.pick(VALID_FLAGS))
    elif kind == 1:
        data = resize(dice, packet.data)
    elif kind == 2:
        other = Hook.TO_CONTAINER if packet.hook is Hook.FROM_CONTAINER else Hook.FROM_CONTAINER
        return replace(step, packet=packet._replace(hook=other))
    else:
        data = mutate(dice, packet.data)
    return replace(step, packet=packet._replace(data=data))
