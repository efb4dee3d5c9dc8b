"""Scenarios that leave two builds no free choice.

The kernel's dice cannot be loaded: of `random` (LB-3c) two builds draw different backends, and both
are right. So services with `random` are compared with `maglev`, which is exact; and scenarios whose
tables are so small that they evict (CT-12) are left out. Both are counted, never done in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.step import OperationStep, Scenario, Step
from model.domain.operation import Operation, PutService
from model.domain.service import Algorithm


@dataclass(slots=True)
class Settlements:
    """How often something was settled: services put with another algorithm, scenarios left out."""

    services: int = 0
    left_out: int = 0


def settled(scenario: Scenario, settlements: Settlements) -> Scenario | None:
    """The scenario without free choices; None where it lives by what tables evict.

    Calls that fail are compared with the specification only; here all of them succeed.
    What its author claims of clauses is about the specification, not about builds, and goes.
    """
    if scenario.limits.evict:
        settlements.left_out += 1
        return None
    topology = settled_operations(scenario.topology, settlements)
    steps = SettledSteps(scenario, settlements)
    return replace(
        scenario,
        topology=topology,
        steps=tuple(steps) if isinstance(scenario.steps, tuple) else steps,
        clauses=(),
        misses=(),
        failing_calls=False,
    )


@dataclass(frozen=True, slots=True)
class SettledSteps:
    """The steps of a scenario without free choices, walked anew each time."""

    scenario: Scenario
    settlements: Settlements

    def __iter__(self) -> Iterator[Step]:
        for step in self.scenario.steps:
            if isinstance(step, OperationStep):
                operations = settled_operations(step.operations, self.settlements)
                yield replace(step, operations=operations)
            else:
                yield step


def settled_operations(
    operations: tuple[Operation, ...], settlements: Settlements
) -> tuple[Operation, ...]:
    """The operations with `maglev` for `random`."""
    return tuple(settled_operation(operation, settlements) for operation in operations)


def settled_operation(operation: Operation, settlements: Settlements) -> Operation:
    """One operation with `maglev` for `random`."""
    if isinstance(operation, PutService) and operation.service.algorithm is Algorithm.RANDOM:
        settlements.services += 1
        return PutService(replace(operation.service, algorithm=Algorithm.MAGLEV))
    return operation
