"""Out of a long way to a divergence, the steps that are likely to do."""

from __future__ import annotations

from dataclasses import replace

from harness.lockstep.engine import Lockstep
from harness.lockstep.extract import latest_steps, related_steps, steps_to
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.step import ClockStep, CollectStep, OperationStep, Scenario, Step
from model.domain.operation import RemoveService
from model.domain.packet import Outcome, Verdict
from tests.lockstep.world import Datapath, WrongDatapath, enters, leaves, scenario

FIRST = OperationStep(())
LAST = OperationStep((RemoveService(1),))
WAY: tuple[Step, ...] = (
    FIRST,
    leaves(1),
    ClockStep(1),
    leaves(2),
    ClockStep(2),
    LAST,
    enters(2),
    CollectStep(),
    leaves(1, "A"),
    leaves(3),
)


def dropped(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


def diverging() -> tuple[Lockstep, Divergence]:
    """What diverges at the connection of port 1, the ninth step."""
    lockstep = Lockstep(ModelReference(), WrongDatapath(4, dropped))
    (found,) = lockstep.run(scenario(*WAY)).divergences
    return lockstep, found


def test_the_steps_up_to_a_divergence() -> None:
    _, found = diverging()
    assert tuple(steps_to(found)) == WAY[:9]


def test_the_latest_steps_come_behind_all_operations() -> None:
    _, found = diverging()
    assert latest_steps(found, 2) == [FIRST, LAST, *WAY[7:9]]
    assert latest_steps(found, 5) == [FIRST, *WAY[4:9]]
    assert latest_steps(found, 9) == list(WAY[:9])


def test_the_packets_of_the_same_connection_and_all_that_is_no_packet() -> None:
    lockstep, found = diverging()
    seen: list[object] = []
    observer = lockstep.observer = lambda *packet: seen.append(packet)
    related = related_steps(lockstep, found)
    assert related == [FIRST, WAY[1], ClockStep(3), LAST, CollectStep(), WAY[8]]
    assert lockstep.observer is observer
    assert seen == []


def test_nothing_is_related_to_what_no_packet_shows_or_what_cannot_be_run() -> None:
    lockstep, found = diverging()
    assert related_steps(lockstep, replace(found, prediction=None)) == []
    broken: Scenario = replace(found.scenario, steps=(OperationStep((RemoveService(9),)), *WAY))
    assert related_steps(lockstep, replace(found, scenario=broken)) == []
    assert lockstep.observer is None
