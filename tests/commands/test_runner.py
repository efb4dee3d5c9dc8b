"""What a run says and keeps while it goes on, on two sides in user space."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from harness.capture.load import load_capture
from harness.commands.runner import Report, Runner, Settings
from harness.errors import UserError
from harness.findings import Finding
from harness.kernel.interface import LoaderName
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.reference import ModelReference
from harness.report.divergence import Reproduction
from harness.report.progress import RunProgress
from harness.step import Scenario
from harness.store.database import StoreError
from harness.store.recorder import Recorder
from model.domain.packet import Outcome, Verdict
from tests.commands.command_line import QUESTION, capture_file
from tests.lockstep.world import Datapath, WrongDatapath, leaves, scenario

PATH = Path("object.c")
LONG = "x" * 250
"""Wider than any line that is broken in a pipe."""


class Watched(RunProgress):
    """Progress that says what it was told, and whether its line is away."""

    def __init__(self) -> None:
        super().__init__(1)
        self.told: list[str] = []
        self.is_away = False

    def loader(self, name: str) -> None:
        self.told.append(name)
        super().loader(name)

    def scenario_done(self) -> None:
        self.told.append("a scenario is done")
        super().scenario_done()

    def say(self, words: str) -> None:
        self.told.append(words)
        super().say(words)

    @contextmanager
    def aside(self) -> Iterator[None]:
        self.is_away = True
        with super().aside():
            yield
        self.is_away = False


class Book:
    """A recorder that keeps in memory what it is told, and fails where it is told to."""

    def __init__(self, fails_at: str = "") -> None:
        self.fails_at = fails_at
        self.told: list[str] = []

    def tell(self, what: str) -> None:
        self.told.append(what)
        if what == self.fails_at:
            raise StoreError("the disk is full")

    def watch(self, _lockstep: Lockstep) -> None:
        self.tell("watch")

    @contextmanager
    def looking_into(self, _lockstep: Lockstep) -> Iterator[None]:
        self.tell("begin")
        yield
        self.tell("end")

    def note(self, divergence: Divergence) -> int:
        self.tell(f"note {divergence.scenario.name}")
        return 7

    def found(self, number: int, finding: Finding, _lockstep: Lockstep) -> None:
        self.tell(f"found {number} {finding.divergence.scenario.name}")

    def failed(self, one: Scenario, _error: UserError) -> None:
        self.tell(f"failed {one.name}")

    def done(self, one: Scenario, _result: RunResult) -> None:
        self.tell(f"done {one.name}")


def dropped(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


def runner(
    subject: Datapath | None = None,
    report: Report | None = None,
    *,
    loader: LoaderName = LoaderName.LIBBPF,
    verbose: bool = False,
    as_json: bool = False,
    fail_fast: bool = False,
) -> Runner:
    """A runner without a recorder."""
    settings = Settings(PATH, Path("divergences"), fail_fast, verbose, as_json, 0)
    given = Report() if report is None else report
    return Runner(subject or Datapath(), loader, settings, given, Watched())


def watched(one: Runner) -> Watched:
    """What its progress was told."""
    return cast("Watched", one.progress)


def keeps(one: Runner, fails_at: str = "") -> Book:
    """A book that a runner's recorder is."""
    book = Book(fails_at)
    one.recorder = cast("Recorder", book)
    return book


def named(name: str) -> Scenario:
    """A scenario of one packet."""
    return replace(scenario(leaves()), name=name, path=f"{name}.yaml")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Divergences are saved below a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def divergence() -> Divergence:
    """The one of a datapath that drops the first packet."""
    result = RunResult()
    Lockstep(ModelReference(), WrongDatapath(1, dropped)).run(named("a"), None, result)
    (only,) = result.divergences
    return only


def finding(divergence: Divergence, number: int = 1, replay: str = "twinpath replay x") -> Finding:
    """A finding; each number has a cause of its own."""
    subject = replace(divergence, subject=f"datapath {number}")
    return Finding(subject, Reproduction(1, 1), replay)


def test_ten_divergences_are_shown_in_full_and_of_others_the_line_to_paste(
    divergence: Divergence, capsys: pytest.CaptureFixture[str]
) -> None:
    one = runner()
    for number in range(1, 12):
        one.show(finding(divergence, number, f"twinpath replay {number} {LONG}"))
    shown = capsys.readouterr()
    assert shown.err == ""
    lines = shown.out.splitlines()
    assert len([line for line in lines if "divergence: a" in line]) == 10
    assert lines[-1] == f"a diverges: twinpath replay 11 {LONG}"
    assert lines[-2] == f"twinpath replay 10 {LONG}"
    assert len(one.report.findings) == 11


def test_for_machines_screens_are_beside_the_object(
    divergence: Divergence, capsys: pytest.CaptureFixture[str]
) -> None:
    one = runner(as_json=True)
    for number in range(1, 12):
        one.show(finding(divergence, number))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == "a diverges: twinpath replay x"


def test_the_same_cause_is_counted_and_told_in_a_line_that_can_be_pasted(
    divergence: Divergence, capsys: pytest.CaptureFixture[str]
) -> None:
    one = runner()
    for number in (1, 2, 1, 1):
        one.show(finding(divergence, number, f"twinpath replay {number} {LONG}"))
    assert [found.count for found in one.report.findings] == [3, 1]
    assert capsys.readouterr().err.splitlines() == [f"the same again: twinpath replay 1 {LONG}"] * 2


def test_a_divergence_is_looked_into_with_what_the_options_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[object] = []

    def investigated(*arguments: object) -> Finding:
        given.extend(arguments)
        return Finding(cast("Divergence", arguments[1]), Reproduction(1, 1), "twinpath replay x")

    monkeypatch.setattr("harness.commands.runner.investigate", investigated)
    one = runner(WrongDatapath(1, dropped), loader=LoaderName.BCC)
    one.run([named("a")])
    (found,) = one.report.findings
    assert given == [one.lockstep, found.divergence, Path("divergences"), one.circumstances]
    assert (one.circumstances.loader, one.circumstances.object_path) == ("bcc", PATH)
    assert watched(one).told == [
        "bcc",
        "a diverges; looking for the shortest way",
        "a scenario is done",
    ]


def test_what_was_found_until_an_interrupt_is_shown_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.commands.runner.investigate", interrupted)
    one = runner(WrongDatapath(1, dropped))
    book = keeps(one)
    one.run([named("a"), named("b")])
    assert one.report.interrupted
    (found,) = one.report.findings
    assert (found.reproduction.tries, found.divergence.scenario.name) == (0, "a")
    assert one.report.results["libbpf"].packets == 1
    assert book.told == ["watch", "begin", "note a"]


def test_every_scenario_is_counted_and_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    """One that agrees, one that claims what it does not do, and one more."""
    one = runner()
    book = keeps(one)
    claiming = replace(named("b"), clauses=("LB-1",))
    one.run([named("a"), claiming, named("c")])
    assert watched(one).told == ["libbpf", *["a scenario is done"] * 3]
    assert book.told == ["watch", "done a", "failed b", "done c"]
    assert capsys.readouterr().err.startswith("twinpath: b.yaml: ")
    total = one.report.results["libbpf"]
    assert (total.packets, total.failures, one.report.interrupted) == (3, 1, False)
    assert not one.report.is_clean


def test_with_fail_fast_the_first_failure_ends_it() -> None:
    one = runner(fail_fast=True)
    one.run([replace(named("a"), clauses=("LB-1",)), named("b")])
    assert (one.report.results["libbpf"].packets, one.report.results["libbpf"].failures) == (1, 1)


def test_a_divergence_is_recorded_before_and_after_it_is_looked_into() -> None:
    one = runner(WrongDatapath(1, dropped))
    book = keeps(one)
    one.run([named("a")])
    shortened = one.report.findings[0].divergence.scenario.name
    assert book.told == ["watch", "begin", "note a", f"found 7 {shortened}", "end", "done a"]


@pytest.mark.parametrize("fails_at", ["note a", "done a"])
def test_a_divergence_is_shown_and_saved_though_the_store_fails(
    fails_at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one = runner(WrongDatapath(1, dropped))
    keeps(one, fails_at)
    with pytest.raises(StoreError):
        one.run([named("a")])
    assert len(one.report.findings) == 1
    assert capsys.readouterr().out.count("divergence: ") == 1
    assert len(list(Path("divergences").iterdir())) == 1


def test_verbose_tells_the_figures_of_each_scenario(
    divergence: Divergence, capsys: pytest.CaptureFixture[str]
) -> None:
    one = runner(verbose=True)
    one.done(named("a"), RunResult(steps=1234, seconds=0.25))
    one.done(named("b"), RunResult(steps=2, seconds=2, divergences=[divergence]))
    assert capsys.readouterr().err.splitlines() == [
        "agrees  a  1,234 steps, 250 ms",
        "diverges  b  2 steps, 2000 ms",
    ]


@pytest.mark.parametrize("verbose", [False, True])
def test_a_capture_that_both_loaders_run_is_counted_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verbose: bool
) -> None:
    capture = load_capture(capture_file(tmp_path / f"{LONG[:200]}.pcap", QUESTION, QUESTION))
    report = Report()
    for loader in LoaderName:
        runner(report=report, loader=loader, verbose=verbose).run([capture, named("a")])
    assert list(report.captures.by_path) == [capture.path]
    assert report.captures.sum_of("records") == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "records" in line]
    assert len(told) == verbose
    assert all(line.startswith(f"{capture.path}: 2 records, 2 packets") for line in told)


def test_words_are_printed_while_the_progress_line_is_away(
    divergence: Divergence, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = runner(verbose=True)
    seen: list[bool] = []

    def noted(*_: object, **__: object) -> None:
        seen.append(watched(one).is_away)

    monkeypatch.setattr("harness.commands.runner.complain", noted)
    monkeypatch.setattr("harness.report.console.QuietConsole.print", noted)
    one.show(finding(divergence))
    one.show(finding(divergence))
    one.failed(named("a"), UserError("bad"))
    one.done(named("a"), RunResult())
    assert len(seen) == 5  # screen and line, "the same again", the complaint, "agrees"
    assert all(seen)
