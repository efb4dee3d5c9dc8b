"""What is a regression, on planted numbers."""

from __future__ import annotations

import pytest

from harness.bench.compare import Verdict, change, compare, exact_only
from harness.bench.measurement import Measurement, Results


def timed(value: float, noise: float = 0.0, relative: float | None = None) -> Measurement:
    return Measurement("packets/x", "ns", value, value, noise or 0.01, relative)


def count(value: float, name: str = "programs/x") -> Measurement:
    return Measurement(name, "instructions", value)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (count(1000), count(1020), Verdict.SAME),
        (count(1000), count(1021), Verdict.WORSE),
        (count(1000), count(979), Verdict.BETTER),
        (count(0), count(0), Verdict.SAME),
        (count(0), count(1), Verdict.WORSE),
        (timed(100, 0.05), timed(109, 0.05), Verdict.SAME),
        (timed(100, 0.05), timed(111, 0.05), Verdict.WORSE),
        (timed(100, 0.05), timed(89, 0.05), Verdict.BETTER),
        # The machine was half as fast, the datapath was not.
        (timed(100, 0.01, 5.0), timed(200, 0.01, 5.05), Verdict.SAME),
        (timed(100, 0.01, 5.0), timed(100, 0.01, 5.5), Verdict.WORSE),
    ],
)
def test_a_change_is_told_from_noise(old: Measurement, new: Measurement, verdict: Verdict) -> None:
    assert change(old, new).verdict is verdict


def test_more_can_be_better() -> None:
    old = Measurement("steps/x", "1/s", 1000, 1000, 0.02, more_is_better=True)
    new = Measurement("steps/x", "1/s", 1100, 1100, 0.02, more_is_better=True)
    assert change(old, new).verdict is Verdict.BETTER
    assert change(new, old).verdict is Verdict.WORSE


def test_only_what_both_runs_have_is_compared() -> None:
    old = Results({}, (count(1, "a"), count(2, "b")))
    new = Results({}, (count(2, "b"), count(3, "c")))
    assert [one.name for one in compare(old, new)] == ["b"]


def test_times_of_another_machine_are_left_out() -> None:
    results = Results({}, (count(1), timed(5)))
    assert exact_only(results).measurements == (count(1),)


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        ({"clang": "19", "kernel": "6.18"}, ["programs/x/verified", "emulated/x", "packets/x"]),
        ({"clang": "19", "kernel": "6.1"}, ["emulated/x", "packets/x"]),
        ({"clang": "20", "kernel": "6.18"}, ["packets/x"]),
    ],
)
def test_counts_of_another_compiler_or_kernel_are_not_compared(
    machine: dict[str, str], names: list[str]
) -> None:
    figures = (count(1, "programs/x/verified"), count(1, "emulated/x"), timed(1))
    old = Results({"clang": "19", "kernel": "6.18"}, figures)
    assert [one.name for one in compare(old, Results(machine, figures))] == names
