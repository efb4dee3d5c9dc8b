"""Net of the wrapper, least and median, and how far parts of the rounds are apart."""

from __future__ import annotations

import pytest

from harness.bench.case import Case, Floor
from harness.bench.cases import all_cases
from harness.bench.fill import Room, fill
from harness.bench.packets import Run, limit_of, measurements
from harness.bench.timing import Lane, Samples
from model.domain.address import Family

CASES = {(case.name, case.family): case for case in all_cases()}


def samples(*whole: float) -> Samples:
    return Samples(list(whole), [10.0] * len(whole))


def test_the_wrapper_is_subtracted() -> None:
    one = Samples([110.0, 100.0, 130.0], [22.0, 20.0, 21.0])
    assert (one.minimum, one.median) == (80.0, 110.0 - 21.0)


def test_noise_is_the_spread_of_the_parts_least() -> None:
    # Every third round is a part: (100, 140), (105, 150), (110, 108).
    one = samples(110.0, 115.0, 120.0, 150.0, 160.0, 118.0)
    assert one.noise == pytest.approx((108.0 - 100.0) / 100.0)


def run_of(case_times: dict[Case, float], lookup: float, insert: float) -> Run:
    run = Run()
    run.empty = samples(25.0)
    for (floor, _), one in run.floors[Room.PLENTY].items():
        time = lookup if floor is Floor.LOOKUP else insert
        one.whole.append(10.0 + time)
        one.wrapper.append(10.0)
    for case, time in case_times.items():
        run.cases["libbpf", Room.PLENTY, case] = samples(10.0 + time)
    return run


def test_a_goal_is_half_the_reference_in_floors_of_the_run() -> None:
    case = CASES["service-established", Family.IPV4]
    new = CASES["egress-new", Family.IPV4]
    run = run_of({case: 100.0, new: 300.0}, lookup=14.5, insert=176.0)
    assert limit_of(case, run, "libbpf", Room.PLENTY) == pytest.approx(609 / 2 / 2)
    assert limit_of(new, run, "libbpf", Room.PLENTY) == pytest.approx(1186 / 2 / 2)
    assert limit_of(new, run, "libbpf", Room.NONE) is None


def test_ipv6_is_held_against_ipv4() -> None:
    four, six = (CASES["service-reply", family] for family in Family)
    run = run_of({four: 100.0, six: 116.0}, lookup=10.0, insert=300.0)
    found = {one.name: one for one in measurements(run)}
    assert found["packets/libbpf/ipv6/service-reply"].limit == pytest.approx(115.0)
    assert found["packets/libbpf/ipv6/service-reply"].is_met is False
    assert found["packets/libbpf/ipv4/service-reply"].relative == pytest.approx(10.0)


def test_a_table_is_filled_to_its_end(lane: Lane) -> None:
    table = lane.subject.loaded.maps["conntrack_ipv6"]
    lane.make_room(Family.IPV6)
    fill(table)
    # Both CPUs keep some elements for themselves.
    assert len(table.items()) > table.max_entries * 0.9
    lane.make_room(Family.IPV6)
    assert table.items() == []
