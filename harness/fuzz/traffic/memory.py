"""What the latest packets have brought about: what can be answered, quoted, and waited for."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import Final, NamedTuple

from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.inventory import Inventory
from harness.step import PacketStep
from harness.subject import Prediction, StateKey
from model.domain.configuration import SECOND
from model.domain.event import Hook
from model.domain.flow import Affinity, AffinityKey, Datagram, Flow, FlowKey, Selection
from model.domain.packet import Verdict

REMEMBERED: Final = 24
RARE: Final = 0.5
"""Share of waits for an affinity or a datagram where a packet touched one: most touch flows."""

ANY_TIME: Final = 0.2
"""Share of waits for a second: that is how long rate limits count (OBS-2a)."""


class Passed(NamedTuple):
    """A packet that went on: the hook whose packets travel its way, where, and its frame now.

    One that was redirected into the pod travels the way of those that enter it.
    """

    hook: Hook
    interface: int
    frame: bytes


class Memory:
    """The latest packets. `now` is the clock, in nanoseconds."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.passed: deque[Passed] = deque(maxlen=REMEMBERED)
        self.touched: deque[tuple[PacketStep, Prediction]] = deque(maxlen=REMEMBERED)

    def saw(self, step: PacketStep, prediction: Prediction) -> Passed | None:
        """Remember a packet; how it went on, if it did."""
        self.touched.append((step, prediction))
        outcome = prediction.outcome
        if outcome.verdict is Verdict.DROP:
            return None
        hook, interface, _, _ = step.packet
        if outcome.verdict is Verdict.REDIRECT:
            hook, interface = Hook.TO_CONTAINER, outcome.redirect_interface
        passed = Passed(hook, interface, outcome.data)
        self.passed.append(passed)
        return passed

    def keys(self) -> list[FlowKey]:
        """Conntrack keys that were touched lately."""
        return [
            key
            for _, prediction in self.touched
            for key, value in prediction.touched
            if isinstance(key, FlowKey) and value is not None
        ]

    def backends(self) -> list[int]:
        """Backends that selections which were touched lately lead to."""
        return [
            value.backend
            for _, prediction in self.touched
            for _, value in prediction.touched
            if isinstance(value, Selection)
        ]

    def concerned(self, services: Collection[int]) -> list[PacketStep]:
        """The latest packets that touched what belongs to some services."""
        return [
            step
            for step, prediction in self.touched
            if any(service_of(key, value) in services for key, value in prediction.touched)
        ]

    def wait(self, dice: Dice, inventory: Inventory) -> tuple[int, PacketStep] | None:
        """Time until something that packets touched is over, and one of them to be sent again.

        One nanosecond less, exactly so much, or one more. None where nothing can be waited for.
        """
        if not self.touched:
            return None
        ends = self.ends(inventory)
        rare = [key for key in ends if not isinstance(key, FlowKey)]
        if not ends or dice.chance(ANY_TIME):
            end, (step, _) = self.now + SECOND, dice.pick(self.touched)
        else:
            key = dice.pick(rare if rare and dice.chance(RARE) else list(ends))
            end, step = ends[key], dice.pick(self.touching(key))
        return end - self.now + dice.pick((-1, 0, 0, 1)), step

    def ends(self, inventory: Inventory) -> dict[StateKey, int]:
        """When what was touched is over, by what the latest packet made of it; in nanoseconds."""
        values = {key: value for _, one in self.touched for key, value in one.touched}
        ends = {key: end_of(key, value, inventory) for key, value in values.items()}
        return {key: end for key, end in ends.items() if end > self.now + 1}

    def touching(self, wanted: StateKey) -> list[PacketStep]:
        """The latest packets that touched an entry."""
        return [
            step
            for step, prediction in self.touched
            if any(key == wanted for key, _ in prediction.touched)
        ]


def service_of(key: object, value: object) -> int:
    """The service that an entry belongs to; 0 for others."""
    if isinstance(value, Flow | Selection):
        return value.service
    return key.service if isinstance(key, AffinityKey) else 0


def end_of(key: object, value: object, inventory: Inventory) -> int:
    """When an entry is over, in nanoseconds; 0 for what has no such time."""
    if isinstance(value, Flow | Datagram):
        return value.expires
    if isinstance(value, Affinity) and isinstance(key, AffinityKey):
        service = inventory.services.get(key.service)
        timeout = service.affinity_timeout if service is not None else None
        return value.last_use + timeout if timeout is not None else 0
    return 0
