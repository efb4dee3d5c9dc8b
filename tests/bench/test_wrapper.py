"""What is timed is the same packet each time, however often the datapath rewrites it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.bench.addresses import ADDRESSES, INTERFACE
from harness.bench.case import Case
from harness.bench.cases import all_cases
from harness.bench.timing import Lane, Samples
from harness.bench.traffic import Traffic
from harness.bench.wrapper import MeasurementError, Wrapper, padded
from harness.kernel.interface import KernelContext, RunResult
from harness.kernel.test_run import TestRun as RepeatedRun
from model.domain.address import Family
from model.domain.reason import Reason

CASES = {(case.name, case.family): case for case in all_cases(most=64)}
FAMILIES = list(Family)


def program(lane: Lane) -> int:
    return lane.subject.loaded.programs["from_container"].fd


def opened(lane: Lane, case: Case) -> Case:
    for packet in case.opening:
        lane.send(packet)
    return case


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("repeat", [1, 2, 100])
def test_a_rewriting_path_gives_the_same_each_time(
    lane: Lane, wrapper: Wrapper, family: Family, repeat: int
) -> None:
    case = opened(lane, CASES["service-established", family])
    expected = lane.send(case.packet._replace(data=padded(case.packet.data)))
    wrapper.set_packet(case.packet.data)
    timing = wrapper.time(program(lane), INTERFACE, repeat)
    assert (timing.verdict, timing.frame) == (expected.verdict, expected.data)
    assert timing.frame != padded(case.packet.data)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_the_wrapper_the_second_pass_sees_what_the_first_left(
    lane: Lane, family: Family
) -> None:
    case = opened(lane, CASES["service-established", family])
    run = RepeatedRun(program(lane), repeat=2)
    before = lane.count(case)
    result = run(case.packet.data, KernelContext(interface=INTERFACE))
    assert isinstance(result, RunResult)
    assert lane.count(case) - before == 1


def test_an_answer_of_another_length_is_undone(lane: Lane) -> None:
    case = CASES["reject-unreachable", Family.IPV4]
    samples = Samples()
    lane.round(case, samples)
    assert len(samples.whole) == len(samples.wrapper) == 1


def test_a_packet_that_ends_otherwise_is_no_measurement(lane: Lane) -> None:
    wrong = replace(CASES["drop-no-service", Family.IPV4], reason=Reason.NO_BACKEND)
    with pytest.raises(MeasurementError, match="0 of 64 packets ended as no_backend"):
        lane.round(wrong, Samples())


def test_a_program_that_cannot_be_called_is_no_measurement(wrapper: Wrapper, lane: Lane) -> None:
    wrapper.set_packet(Traffic(ADDRESSES[Family.IPV4]).direct("A").data)
    wrapper.forget_target()
    with pytest.raises(MeasurementError, match="could not be called"):
        wrapper.run("restore", INTERFACE, 3)


def test_frames_end_where_the_wrapper_does() -> None:
    for length in range(14, 200):
        frame = padded(bytes(length))
        assert len(frame) >= max(length, 60)
        assert len(frame) % 8 == 6
