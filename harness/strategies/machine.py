"""Both sides as a state machine: Hypothesis chooses what happens next, and shortens what fails."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.report.words import step_words
from harness.step import (
    ClockStep,
    CollectStep,
    OperationStep,
    PacketStep,
    Scenario,
    Step,
)
from harness.strategies.cast import Numbers
from harness.strategies.packets import packets
from harness.strategies.scenarios import REACTIONS, WAITS, operations
from harness.strategies.topologies import topologies
from model.domain.operation import Operation


class LockstepMachine(RuleBasedStateMachine):
    """Packets, time, changes and the collector, on both sides of a lockstep.

    Each run begins with empty sides. A divergence fails it with an AssertionError that says step
    and field.
    """

    lockstep: ClassVar[Lockstep]

    def __init__(self) -> None:
        super().__init__()
        self.topology: tuple[Operation, ...] = ()
        self.steps: list[Step] = []
        self.result = RunResult()
        self.numbers = Numbers()

    @property
    def scenario(self) -> Scenario:
        """What has been done so far."""
        return Scenario("machine", "hypothesis", self.topology, tuple(self.steps))

    @initialize(topology=topologies())
    def begin(self, topology: tuple[Operation, ...]) -> None:
        """An empty state, then a topology."""
        self.topology = tuple(self.numbers.operation(one) for one in topology)
        self.lockstep.resize(self.scenario.limits)
        self.lockstep.reset()
        self.lockstep.apply(OperationStep(self.topology, "topology"))

    @rule(data=st.data())
    def packet(self, data: st.DataObject) -> None:
        """A packet."""
        self.take(PacketStep(data.draw(packets(self.topology))))

    @precondition(lambda self: any(isinstance(one, PacketStep) for one in self.steps))
    @rule(data=st.data())
    def react(self, data: st.DataObject) -> None:
        """A packet that has been there, its answer, or a complaint about it."""
        known = [one.packet for one in self.steps if isinstance(one, PacketStep)]
        kind = data.draw(st.sampled_from(sorted(REACTIONS)))
        self.take(PacketStep(REACTIONS[kind](data.draw(st.sampled_from(known)))))

    @rule(gap=st.sampled_from(WAITS))
    def wait(self, gap: int) -> None:
        """Time passes."""
        self.take(ClockStep(gap))

    @rule(operation=operations())
    def change(self, operation: Operation) -> None:
        """The control plane does something."""
        self.take(OperationStep((self.numbers.operation(operation),), "change"))

    @rule()
    def collect(self) -> None:
        """The collector runs, and whole states are compared."""
        self.take(CollectStep())

    def take(self, step: Step) -> None:
        """One step on both sides."""
        self.steps.append(step)
        number = len(self.steps) - 1
        fail_on(self.lockstep.step(self.scenario, number, step, self.result))

    def teardown(self) -> None:
        """The whole state at the end."""
        if self.topology:
            fail_on(self.lockstep.compare_states(self.scenario, len(self.steps), None))


def lockstep_machine(lockstep: Lockstep) -> type[LockstepMachine]:
    """A state machine class over a lockstep."""
    return type("LockstepMachine", (LockstepMachine,), {"lockstep": lockstep})


def fail_on(divergence: Divergence | None) -> None:
    """Raises AssertionError for a divergence."""
    if divergence is None:
        return
    first = divergence.differences[0]
    step = "the whole state" if divergence.step is None else step_words(divergence.step)
    raise AssertionError(
        f"step {divergence.index + 1} ({step}): {first.kind.value} {first.field} of {first.where}: "
        f"expected {first.expected!r}, got {first.actual!r}"
    )
