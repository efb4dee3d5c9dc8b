"""A scenario on the specification alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.lockstep.alone import walk_alone
from harness.lockstep.free_choice import FIRST, always
from harness.reference import ModelReference
from harness.step import START_CLOCK, ClockStep, CollectStep, OperationStep
from harness.subject import OperationError
from model.domain.configuration import SECOND
from model.domain.flow import Selection
from model.domain.limits import Limits
from model.domain.operation import RemoveService
from model.domain.reason import Reason
from tests.lockstep.world import LOTTERY, enters, flow_key, leaves, scenario


def test_every_step_is_walked_in_order() -> None:
    steps = leaves(), ClockStep(60 * SECOND), enters(), CollectStep(), OperationStep(())
    walked = list(walk_alone(ModelReference(), scenario(*steps), lambda _: always(0)))
    assert [step for step, _ in walked] == list(steps)
    reasons = [prediction and prediction.reason for _, prediction in walked]
    assert reasons == [Reason.NEW, None, Reason.NEW, None, None], "the flow expires at 60 s"


def test_every_walk_starts_empty_at_the_same_time_and_in_tables_of_its_sizes() -> None:
    reference = ModelReference()
    small = replace(scenario(leaves(1), leaves(2)), limits=Limits(conntrack=1, refuse=True))
    for _ in range(2):
        walked = [prediction for _, prediction in walk_alone(reference, small, lambda _: FIRST)]
        first, second = (prediction for prediction in walked if prediction is not None)
        assert first.reason is Reason.NEW
        assert second.reason is Reason.CONNTRACK_CREATE_FAILED
        assert first.outcome.events[0].time == START_CLOCK


def test_the_collector_runs() -> None:
    reference = ModelReference()
    steps = leaves(), ClockStep(60 * SECOND), CollectStep()
    for _ in walk_alone(reference, scenario(*steps), lambda _: FIRST):
        pass
    assert not reference.state().conntrack


def test_packets_can_be_left_out() -> None:
    steps = leaves(), enters()
    reference = ModelReference()
    walked = list(
        walk_alone(reference, scenario(*steps), lambda number: always(0) if number else None)
    )
    assert walked[0][1] is None
    assert walked[1][1] is not None
    assert walked[1][1].reason is Reason.NEW
    assert flow_key() not in reference.state().conntrack


def test_choices_are_made_by_the_number_of_the_packet() -> None:
    reference = ModelReference()
    given = scenario(leaves(1, to=LOTTERY), ClockStep(1), leaves(2, to=LOTTERY))
    list(walk_alone(reference, given, lambda number: always(2 - number)))
    assert reference.read(flow_key(1, LOTTERY)) == Selection(2, 22, service_revision=2)
    assert reference.read(flow_key(2, LOTTERY)) == Selection(2, 21, service_revision=2)


def test_an_operation_that_fails_says_where_it_stands() -> None:
    bad = scenario(OperationStep((RemoveService(9),), "example.yaml:17"))
    with pytest.raises(OperationError, match=r"^example\.yaml:17: .*9"):
        list(walk_alone(ModelReference(), bad, lambda _: always(0)))
    with pytest.raises(OperationError, match=r"^example\.yaml: topology: .*9"):
        list(walk_alone(ModelReference(), scenario(topology=(RemoveService(9),)), lambda _: None))
