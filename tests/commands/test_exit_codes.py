"""Exit code 0 is said of packets that were compared and agreed, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.builds.comparison import BuildCircumstances, BuildComparison
from harness.commands import compare, conform, coverage, fuzz, replay, run
from harness.commands.exit_codes import ExitCode
from harness.commands.replay import Replay
from harness.commands.runner import Report
from harness.conformance.evidence import Cell, Evidence
from harness.conformance.report import Report as ConformanceReport
from harness.coverage.branch import Side, SideCoverage
from harness.coverage.replay import Replayed
from harness.coverage.report import Report as CoverageReport
from harness.findings import Finding
from harness.fuzz.campaign import Progress
from harness.fuzz.tally import Tally
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Session
from harness.reference import ModelReference
from harness.report.divergence import Reproduction
from model.domain.address import Family
from tests.lockstep.world import Datapath, scenario

COMPARED, NOTHING = RunResult(packets=3), RunResult(steps=3)
FAILED = RunResult(packets=3, failures=1)
DIVERGENCE = Divergence(scenario(), "datapath", 0, None, ())
DIVERGED = RunResult(packets=3, divergences=[DIVERGENCE])
FINDING = Finding(DIVERGENCE, Reproduction(1, 1), "twinpath replay x")


def test_the_codes_are_those_that_the_documentation_names() -> None:
    assert [(code.name, code.value) for code in ExitCode] == [
        ("AGREEMENT", 0),
        ("DIVERGENCE", 1),
        ("INTERRUPTED", 2),
        ("INTERNAL_ERROR", 3),
        ("USAGE", 4),
        ("NOTHING_COMPARED", 5),
    ]


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report({"libbpf": COMPARED, "bcc": COMPARED}), ExitCode.AGREEMENT),
        (Report({"libbpf": COMPARED, "bcc": NOTHING}), ExitCode.NOTHING_COMPARED),
        (Report({}), ExitCode.NOTHING_COMPARED),
        (Report({"libbpf": FAILED, "bcc": COMPARED}), ExitCode.USAGE),
        (Report({"libbpf": FAILED, "bcc": NOTHING}), ExitCode.USAGE),
        (Report({"libbpf": COMPARED}, interrupted=True), ExitCode.INTERRUPTED),
        (Report({"libbpf": FAILED}, interrupted=True), ExitCode.INTERRUPTED),
        (Report({"libbpf": FAILED}, [FINDING], interrupted=True), ExitCode.DIVERGENCE),
    ],
)
def test_a_run(report: Report, code: ExitCode) -> None:
    assert run.judge(report) is code


def test_what_ends_a_run_that_is_to_fail_fast() -> None:
    assert Report({"libbpf": COMPARED, "bcc": NOTHING}).is_clean
    assert not Report({"libbpf": COMPARED, "bcc": FAILED}).is_clean
    assert not Report({"libbpf": COMPARED}, [FINDING]).is_clean


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ((COMPARED, COMPARED), ExitCode.AGREEMENT),
        ((COMPARED, NOTHING), ExitCode.NOTHING_COMPARED),
        ((), ExitCode.NOTHING_COMPARED),
        ((COMPARED, DIVERGED), ExitCode.DIVERGENCE),
        ((DIVERGED, NOTHING), ExitCode.DIVERGENCE),
    ],
)
def test_replays_of_several_scenarios_or_by_both_loaders(
    results: tuple[RunResult, ...], code: ExitCode
) -> None:
    replays = [Replay(scenario(), "datapath", 20, "twinpath replay x") for _ in results]
    for one, result in zip(replays, results, strict=True):
        one.result = result
    assert replay.judge(replays) is code


@pytest.mark.parametrize(
    ("progress", "code"),
    [
        (Progress(Tally(packets=3)), ExitCode.AGREEMENT),
        (Progress(Tally(steps=3)), ExitCode.NOTHING_COMPARED),
        (Progress(Tally(packets=3), interrupted=True), ExitCode.INTERRUPTED),
        (Progress(Tally(packets=3), [{}], interrupted=True), ExitCode.DIVERGENCE),
    ],
)
def test_a_campaign(progress: Progress, code: ExitCode) -> None:
    assert fuzz.judge(progress) is code


def compared(*totals: RunResult, interrupted: bool = False) -> BuildComparison:
    """Two builds and the specification, with these sums of the three pairs."""
    circumstances = BuildCircumstances("libbpf", Path("old.o"), Path("new.o"), with_model=True)
    old, new = Datapath(), Datapath()
    found = BuildComparison(old, new, Path("divergences"), circumstances)  # type: ignore[arg-type]  # any two subjects
    for session, total in zip(found.pairs.values(), totals, strict=True):
        session.total, session.interrupted = total, interrupted and total is totals[-1]
    return found


def test_a_comparison_of_builds() -> None:
    assert compare.judge(compared(COMPARED, COMPARED, COMPARED)) is ExitCode.AGREEMENT
    assert compare.judge(compared(NOTHING, COMPARED, COMPARED)) is ExitCode.NOTHING_COMPARED
    assert compare.judge(compared(COMPARED, COMPARED, NOTHING)) is ExitCode.NOTHING_COMPARED
    assert compare.judge(compared(COMPARED, FAILED, NOTHING)) is ExitCode.USAGE
    stopped = compared(COMPARED, FAILED, NOTHING, interrupted=True)
    assert compare.judge(stopped) is ExitCode.INTERRUPTED
    stopped.findings.append(FINDING)
    assert compare.judge(stopped) is ExitCode.DIVERGENCE


REPLAYED = Replayed(COMPARED, False, SideCoverage(Side.DATAPATH, ()), SideCoverage(Side.MODEL, ()))


@pytest.mark.parametrize(
    ("replayed", "stale", "code"),
    [
        (REPLAYED, (), ExitCode.AGREEMENT),
        (replace(REPLAYED, result=NOTHING), (), ExitCode.NOTHING_COMPARED),
        (replace(REPLAYED, result=FAILED), (), ExitCode.USAGE),
        (REPLAYED, ("an entry",), ExitCode.USAGE),
        (replace(REPLAYED, interrupted=True), ("an entry",), ExitCode.INTERRUPTED),
        (replace(REPLAYED, result=DIVERGED, interrupted=True), (), ExitCode.DIVERGENCE),
    ],
)
def test_a_measurement_of_coverage(
    replayed: Replayed, stale: tuple[str, ...], code: ExitCode
) -> None:
    assert coverage.judge(CoverageReport(replayed, (), stale)) is code


def judged(outcomes: dict[str, str], *totals: RunResult, interrupted: bool = False) -> ExitCode:
    """The code for runs of these sums in which CT-1 was met by libbpf, in both families."""
    met = {("CT-1", "libbpf", family): Cell(met=1) for family in Family}
    report = ConformanceReport(Evidence(("CT-1",), ("libbpf",), met), {}, 1, 3, (), outcomes)
    lockstep = Lockstep(ModelReference(), Datapath())
    sessions = [Session(lockstep, total=total, interrupted=interrupted) for total in totals]
    return conform.judge(report, sessions)


def test_conformance() -> None:
    passed, failed = {"a": "passed"}, {"a": "passed", "b": "failed"}
    assert judged(passed, COMPARED, COMPARED) is ExitCode.AGREEMENT
    assert judged(passed, COMPARED, NOTHING) is ExitCode.NOTHING_COMPARED
    assert judged(passed, COMPARED, FAILED) is ExitCode.DIVERGENCE
    assert judged(failed, COMPARED) is ExitCode.DIVERGENCE
    assert judged(passed, COMPARED, interrupted=True) is ExitCode.INTERRUPTED
    assert judged(passed, COMPARED, DIVERGED, interrupted=True) is ExitCode.DIVERGENCE


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Cell(), ExitCode.NOTHING_COMPARED),
        (Cell(misses={"x.yaml"}), ExitCode.NOTHING_COMPARED),
        (Cell(met=1, failures={"x.yaml"}), ExitCode.DIVERGENCE),
    ],
)
def test_conformance_of_a_clause_in_one_family_alone(cell: Cell, code: ExitCode) -> None:
    cells = {
        ("CT-1", "libbpf", Family.IPV4): Cell(met=1),
        ("CT-1", "libbpf", Family.IPV6): cell,
    }
    evidence = Evidence(("CT-1",), ("libbpf",), cells)
    report = ConformanceReport(evidence, {}, 1, 3, (), {})
    session = Session(Lockstep(ModelReference(), Datapath()), total=COMPARED)
    assert conform.judge(report, [session]) is code
