"""Scenarios that the fuzzer's generators make, for builds that are not guided by anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import draw_swarm
from harness.fuzz.generate.topology import draw_topology
from harness.fuzz.round import Walk
from harness.fuzz.traffic.stream import Stream
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import Scenario

LENGTH: Final = 256
"""Steps of a scenario."""


def generated(seed: int, steps: int) -> Iterator[Scenario]:
    """Scenarios with so many steps in all. Each follows from the seed and its number alone.

    The model plays both sides while one is made: packets are aimed at what came of earlier ones.
    """
    lockstep = Lockstep(ModelReference(), ModelReference())
    done, number = 0, 0
    while done < steps:
        number += 1
        dice = Dice(seed, number)
        swarm = draw_swarm(dice)
        topology = draw_topology(dice, swarm)
        source = Stream(dice, swarm, topology)
        walked = Walk(lockstep, source, topology).run(min(LENGTH, steps - done))
        done += max(len(walked.steps), 1)
        name = f"generated_{seed}_{number}"
        yield Scenario(name, f"generated:{name}", topology, tuple(walked.steps))
