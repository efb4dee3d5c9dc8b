"""Makes the time that passes round and short."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

from harness.shrink.search import Search
from harness.shrink.view import operations_of, packets_of, with_operations, with_packets
from harness.step import ClockStep, PacketStep, Scenario, Step
from model.domain.configuration import SECOND, Configuration, Timeouts
from model.domain.operation import Operation, PutService, SetConfiguration

LADDER: Final = tuple(
    number * SECOND // 1000 for number in (1, 10, 100, 1000, 2000, 5000, 10_000, 30_000, 60_000)
)
"""Round gaps in nanoseconds, from a millisecond up."""

AFFINITIES: Final = (10 * SECOND, 60 * SECOND)
"""Plain affinity timeouts: one that every flow outlives, and that of a UDP flow (CT-3)."""


def simplify_gaps(search: Search) -> None:
    """Time that passes twice in a row passes once; each gap is the least round one that does."""
    search.attempt_steps(joined(search.steps))
    plain_timeouts(search)
    plain_affinity(search)
    for index, step in enumerate(search.steps):
        if index < len(search.steps) and isinstance(step, ClockStep):
            shorten_gap(search, index, step.advance)
    wait_longer(search)


def plain_affinity(search: Search) -> None:
    """A plain affinity timeout, and gaps that go with it; the longer one for one packet twice."""
    for plain in AFFINITIES:
        for old in sorted(affinities_of(search) - {plain}):
            if old not in AFFINITIES or old > plain:
                search.attempt(with_affinity(search.scenario, old, plain))
    first = next(packets_of(search.scenario), None)
    if first is not None and affinities_of(search) == {AFFINITIES[0]}:
        longer = with_affinity(search.scenario, *AFFINITIES)
        search.attempt(with_packets(longer, lambda _: first))


def with_affinity(scenario: Scenario, old: int, new: int) -> Scenario:
    """The scenario with another affinity timeout, and gaps that are as far from it as before."""

    def changed(operation: Operation) -> Operation:
        if isinstance(operation, PutService) and operation.service.affinity_timeout == old:
            return PutService(replace(operation.service, affinity_timeout=new))
        return operation

    return with_gaps(with_operations(scenario, changed), old, new)


def with_gaps(scenario: Scenario, old: int, new: int) -> Scenario:
    """The scenario with gaps that are as far from a new timeout as they were from the old one."""
    steps = tuple(
        ClockStep(step.advance - old + new)
        if isinstance(step, ClockStep) and abs(step.advance - old) <= 1
        else step
        for step in scenario.steps
    )
    return replace(scenario, steps=steps)


def plain_timeouts(search: Search) -> None:
    """Default timeouts, and gaps that go with them (CT-3)."""
    plain = Timeouts()
    for name in [field.name for field in fields(Timeouts)]:
        default = getattr(plain, name)
        for old in sorted(configured(search, name) - {default}):
            search.attempt(with_gaps(with_timeout(search.scenario, name, default), old, default))


def configured(search: Search, name: str) -> set[int]:
    """The values that a timeout is configured to, at any time."""
    operations = operations_of(search.scenario)
    found = [one.configuration for one in operations if isinstance(one, SetConfiguration)]
    return {getattr(one.timeouts, name) for one in found}


def with_timeout(scenario: Scenario, name: str, value: int) -> Scenario:
    """The scenario with a timeout of another length in every configuration."""

    def changed(operation: Operation) -> Operation:
        if not isinstance(operation, SetConfiguration):
            return operation
        timeouts = replace(operation.configuration.timeouts, **{name: value})
        return SetConfiguration(replace(operation.configuration, timeouts=timeouts))

    return with_operations(scenario, changed)


def affinities_of(search: Search) -> set[int]:
    """The affinity timeouts of all services at any time, in nanoseconds."""
    found = [one.service for one in operations_of(search.scenario) if isinstance(one, PutService)]
    return {one.affinity_timeout for one in found if one.affinity_timeout is not None}


def wait_longer(search: Search) -> None:
    """Leave out a packet that only makes a timeout shorter, and wait for another timeout."""
    for gap in [at for at, step in enumerate(search.steps) if isinstance(step, ClockStep)]:
        for index in reversed(range(gap)):
            if isinstance(search.steps[index], PacketStep) and any(
                search.attempt_steps(
                    (
                        *search.steps[:index],
                        *search.steps[index + 1 : gap],
                        ClockStep(edge),
                        *search.steps[gap + 1 :],
                    )
                )
                for edge in timeouts_of(search)
            ):
                return


def shorten_gap(search: Search, index: int, gap: int) -> None:
    """The least round gap or timeout that does, or else the least of all, both by halves."""
    rungs = [rung for rung in ladder_of(search) if rung <= gap]
    low, high = 0, len(rungs)
    while low < high:
        middle = (low + high) // 2
        if rungs[middle] == gap or try_gap(search, index, rungs[middle]):
            high = middle
        else:
            low = middle + 1
    if low < len(rungs):
        return
    below, enough = rungs[-1], gap
    while enough - below > 1 and not search.is_exhausted:
        middle = (below + enough) // 2
        if try_gap(search, index, middle):
            enough = middle
        else:
            below = middle


def try_gap(search: Search, index: int, gap: int) -> bool:
    """Try another gap in a place."""
    steps = search.steps
    return search.attempt_steps((*steps[:index], ClockStep(gap), *steps[index + 1 :]))


def ladder_of(search: Search) -> list[int]:
    """Gaps worth trying: a nanosecond, round ones, and those at and around timeouts."""
    edges = timeouts_of(search)
    around = {edge + distance for edge in edges for distance in (-1, 0, 1) if edge + distance > 0}
    return sorted({1, *LADDER, *around})


def timeouts_of(search: Search) -> list[int]:
    """The timeouts that are in force at some time, in nanoseconds."""
    configuration, edges = Configuration(), affinities_of(search)
    for operation in operations_of(search.scenario):
        if isinstance(operation, SetConfiguration):
            configuration = operation.configuration
    edges |= {getattr(configuration.timeouts, field.name) for field in fields(Timeouts)}
    return sorted(edges)


def joined(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with neighbouring gaps joined, and none that is empty."""
    result: list[Step] = []
    for step in steps:
        last = result[-1] if result else None
        if isinstance(step, ClockStep) and isinstance(last, ClockStep):
            result[-1] = ClockStep(last.advance + step.advance)
        elif step != ClockStep(0):
            result.append(step)
    return tuple(result)
