"""The simplest scenario so far that still ends in the divergence that is being shrunk."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import (
    MAXIMUM_STEPS,
    Run,
    Signature,
    runs_in,
    signature,
    up_to,
    with_steps,
)
from harness.lockstep.result import Divergence, RunResult
from harness.step import OperationStep, PacketStep, Scenario, Step
from model.domain.packet import Packet

MAXIMUM_RUNS = 2_000
MAXIMUM_WORK = 2_000_000
"""Steps over all runs of one search; a minute or two."""


def runs_towards(lockstep: Lockstep, wanted: Signature) -> Run:
    """Scenarios run in a lockstep for a divergence of a signature.

    One that a packet shows is not looked for in the whole state at the end, which takes longer than
    a few packets do.
    """
    if not wanted.clause:
        return runs_in(lockstep)

    def run(scenario: Scenario) -> Divergence | None:
        result = RunResult()
        try:
            lockstep.begin(scenario)
            for index, step in enumerate(scenario.steps):
                found = lockstep.step(scenario, index, step, result)
                if found is not None:
                    return found
        except UserError:
            return None
        return None

    return run


class Search:
    """Tries scenarios; keeps the last one that gave the same divergence.

    Which scenario is simpler is for the passes to know: they try nothing else. A scenario that was
    tried before is not tried again.
    """

    def __init__(self, run: Run, divergence: Divergence) -> None:
        self.run = run
        self.wanted = signature(divergence)
        self.best = divergence
        self.runs = 0
        self.work = 0
        self._tried: set[str] = set()

    @property
    def scenario(self) -> Scenario:
        """The simplest scenario so far; its steps are a tuple."""
        return self.best.scenario

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the simplest scenario so far."""
        return tuple(self.scenario.steps)

    @property
    def is_exhausted(self) -> bool:
        """Whether no more is tried."""
        return self.runs >= MAXIMUM_RUNS or self.work >= MAXIMUM_WORK

    def attempt(self, scenario: Scenario) -> bool:
        """Whether another scenario ends in the same divergence; it is the best then."""
        steps = tuple(bare(step) for step in scenario.steps)
        if len(steps) > MAXIMUM_STEPS or self.is_exhausted:
            return False
        scenario = replace(scenario, steps=steps, family=None)
        key = repr((scenario.topology, scenario.limits, steps))
        if key in self._tried:
            return False
        self._tried.add(key)
        self.runs += 1
        self.work += len(steps)
        found = self.run(scenario)
        if found is None or signature(found) != self.wanted:
            return False
        self.best = up_to(found)
        return True

    def attempt_steps(self, steps: tuple[Step, ...]) -> bool:
        """The same for other steps."""
        return steps != self.steps and self.attempt(with_steps(self.scenario, steps))

    def attempt_packet(self, index: int, packet: Packet) -> bool:
        """The same for another packet in the place of one."""
        steps = self.steps
        return self.attempt_steps((*steps[:index], PacketStep(packet), *steps[index + 1 :]))


def bare(step: Step) -> Step:
    """A step without what its author said of it, and without where it was written."""
    match step:
        case PacketStep(packet):
            return PacketStep(packet)
        case OperationStep(operations):
            return OperationStep(operations)
    return replace(step, origin="")
