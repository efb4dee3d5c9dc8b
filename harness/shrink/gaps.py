"""Makes the time that passes round and short."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

from harness.shrink.search import Search
from harness.shrink.view import operations_of, with_operations
from harness.step import ClockStep, PacketStep, Step
from model.domain.configuration import SECOND, Configuration, Timeouts
from model.domain.operation import Operation, PutService, SetConfiguration

LADDER: Final = tuple(
    number * SECOND // 1000 for number in (1, 10, 100, 1000, 2000, 5000, 10_000, 30_000, 60_000)
)
"""Round gaps in nanoseconds, from a millisecond up."""

AFFINITY: Final = 10 * SECOND


def simplify_gaps(search: Search) -> None:
    """Time that passes twice in a row passes once; each gap is the least round one that does."""
    search.attempt_steps(joined(search.steps))
    shorten_affinity(search)
    for index, step in enumerate(search.steps):
        if index < len(search.steps) and isinstance(step, ClockStep):
            shorten_gap(search, index, step.advance)
    wait_longer(search)


def shorten_affinity(search: Search) -> None:
    """An affinity timeout of ten seconds, and gaps that go with it: flows outlive those (CT-3)."""
    for old in timeouts_of(search):

        def shorter(operation: Operation, old: int = old) -> Operation:
            if isinstance(operation, PutService) and operation.service.affinity_timeout == old:
                return PutService(replace(operation.service, affinity_timeout=AFFINITY))
            return operation

        other = with_operations(search.scenario, shorter)
        steps = tuple(
            ClockStep(step.advance - old + AFFINITY)
            if isinstance(step, ClockStep) and abs(step.advance - old) <= 1
            else step
            for step in other.steps
        )
        if old > AFFINITY and other != search.scenario:
            search.attempt(replace(other, steps=steps))


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
    configuration, edges = Configuration(), set()
    for operation in operations_of(search.scenario):
        match operation:
            case SetConfiguration(configuration):
                pass
            case PutService(service) if service.affinity_timeout is not None:
                edges.add(service.affinity_timeout)
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
