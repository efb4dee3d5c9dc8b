"""Makes topology and control-plane steps smaller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from harness.shrink.rename import attempt_by_hash
from harness.shrink.search import Search
from harness.shrink.simpler import simpler
from harness.shrink.view import operations_of, with_operations
from harness.step import OperationStep, Scenario, Step
from model.domain.limits import UNLIMITED
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)
from model.domain.service import Algorithm

SECTIONS: Final = (SetConfiguration, PutIdentity, PutEndpoint, PutService, PutRule, PutEntry)
"""The order of a topology."""


def simplify_operations(search: Search) -> None:
    """Take control-plane steps into the topology, then leave operations out, then parts of them."""
    attempt_by_hash(search, without_dice(search.scenario))
    search.attempt(replace(search.scenario, limits=UNLIMITED))
    move_to_topology(search)
    search.attempt(replace(search.scenario, topology=folded(search.scenario.topology)))
    drop_operations(search)
    simplify_each(search)


def without_dice(scenario: Scenario) -> Scenario:
    """The scenario with hashes for free choices (LB-3c): those lead to the same backend again."""

    def hashed(operation: Operation) -> Operation:
        if not isinstance(operation, PutService):
            return operation
        return PutService(replace(operation.service, algorithm=Algorithm.MAGLEV))

    return with_operations(scenario, hashed)


def move_to_topology(search: Search) -> None:
    """Steps that might as well have been there from the start; all of them, or one by one."""
    steps = search.steps
    everything = [op for step in steps if isinstance(step, OperationStep) for op in step.operations]
    if everything:
        others = tuple(step for step in steps if not isinstance(step, OperationStep))
        if search.attempt(moved(search.scenario, everything, others)):
            return
    index = 0
    while index < len(search.steps):
        step, steps = search.steps[index], search.steps
        fewer = steps[:index] + steps[index + 1 :]
        if not (
            isinstance(step, OperationStep)
            and search.attempt(moved(search.scenario, list(step.operations), fewer))
        ):
            index += 1


def moved(scenario: Scenario, operations: list[Operation], steps: tuple[Step, ...]) -> Scenario:
    """The scenario with operations in its topology, and these steps."""
    return replace(scenario, topology=folded((*scenario.topology, *operations)), steps=steps)


def folded(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """A topology that comes to the same: each thing put once, nothing removed, in order."""
    standing: dict[tuple[str, object], Operation] = {}
    for operation in operations:
        key, puts = subject_of(operation)
        if puts:
            standing[key] = operation
        else:
            standing.pop(key, None)
    return tuple(sorted(standing.values(), key=lambda one: SECTIONS.index(type(one))))


def subject_of(operation: Operation) -> tuple[tuple[str, object], bool]:
    """What an operation is about, and whether it puts it there."""
    match operation:
        case SetConfiguration():
            return ("configuration", 0), True
        case PutEndpoint(endpoint):
            return ("endpoint", endpoint.identifier), True
        case PutIdentity(prefix):
            return ("identity", prefix.network), True
        case PutService(service):
            return ("service", service.identifier), True
        case PutRule(rule):
            return ("rule", rule.identifier), True
        case PutEntry(key) | RemoveEntry(key):
            return ("entry", key), isinstance(operation, PutEntry)
        case RemoveIdentity(network):
            return ("identity", network), False
    kinds = {RemoveEndpoint: "endpoint", RemoveService: "service", RemoveRule: "rule"}
    return (kinds[type(operation)], operation.identifier), False


def drop_operations(search: Search) -> None:
    """Leave out operations: all, of a kind, about one thing, then single ones, the last first."""
    search.attempt(without(search.scenario, lambda *_: True))
    for kind in (PutRule, PutIdentity, PutService, PutEntry, SetConfiguration):
        search.attempt(without(search.scenario, lambda _, one, kind=kind: isinstance(one, kind)))  # type: ignore[misc]  # mypy infers no defaults
    for subject in dict.fromkeys(subject_of(one)[0] for one in operations_of(search.scenario)):
        search.attempt(
            without(search.scenario, lambda _, one, subject=subject: subject_of(one)[0] == subject)  # type: ignore[misc]  # mypy infers no defaults
        )
    for index in reversed(range(len(list(operations_of(search.scenario))))):
        search.attempt(without(search.scenario, lambda at, _, index=index: at == index))  # type: ignore[misc]  # mypy infers no defaults


def without(scenario: Scenario, is_left_out: Callable[[int, Operation], bool]) -> Scenario:
    """The scenario without some operations, by their number and what they are."""
    numbers = iter(range(len(list(operations_of(scenario)))))
    return with_operations(scenario, lambda one: None if is_left_out(next(numbers), one) else one)


def simplify_each(search: Search) -> None:
    """Every operation as simple as it can be; one that is there again stays the same."""
    index = 0
    while index < len(operations := list(operations_of(search.scenario))):
        if not any(
            search.attempt(with_operation(search.scenario, operations[index], other))
            for other in simpler(operations[index])
        ):
            index += 1


def with_operation(scenario: Scenario, old: Operation, new: Operation) -> Scenario:
    """The scenario with another operation wherever one is."""
    return with_operations(scenario, lambda one: new if one == old else one)
