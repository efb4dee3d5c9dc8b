"""The gate's parts: known divergences, cost, changed lines, verdicts, trees."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from harness.errors import UserError
from harness.gate.change import changed_lines, clauses_of, new_lines
from harness.gate.clock import Clock
from harness.gate.cost import Cost, Costs, judge
from harness.gate.known import Known
from harness.gate.limits import Limits, read_limits
from harness.gate.outcome import Outcome, Stage, State
from harness.gate.properties import failing_nodes
from harness.gate.tree import folder_tree, revision_tree
from harness.store.records import (
    DivergenceRecord,
    FieldDifference,
    Run,
    RunFacts,
    RunState,
    ScenarioResult,
    ScenarioStatus,
    Standing,
)
from tests.commands.command_line import ROOT
from tests.gate.change import BUG, datapath

TODAY = date(2026, 11, 23)
ENTRY = """
[[known]]
clause = "CT-3"
field = "expires"
scenario = "ct-5-*"
reason = "the timeout is being discussed"
expires = 2026-11-23
"""


def known(folder: Path, text: str = ENTRY, today: date = TODAY) -> Known:
    (folder / "known.toml").write_text(text)
    return Known(folder / "known.toml", today)


def record(
    scenario: str = "ct-5-reset[ipv4]", field: str = "expires", clause: str = "CT-3"
) -> DivergenceRecord:
    difference = FieldDifference("entry", "a flow", field, "1", "2")
    return DivergenceRecord(
        "libbpf", scenario, "x.yaml", "ipv4", "", 1, clause, "f", "c", "", (difference,)
    )


def test_a_known_divergence_is_let_pass_until_its_last_day(tmp_path: Path) -> None:
    found = known(tmp_path)
    assert found.reason(record()) == "the timeout is being discussed (until 2026-11-23)"
    assert list(found.complaints()) == []
    assert list(found.lines()) == [
        "known: CT-3 expires in ct-5-*: 1 hit, until 2026-11-23: the timeout is being discussed"
    ]


@pytest.mark.parametrize(
    "other", [record("ct-6-reset"), record(field="flags"), record(clause="CT-4")]
)
def test_other_divergences_are_not_known_and_the_entry_is_stale(
    tmp_path: Path, other: DivergenceRecord
) -> None:
    found = known(tmp_path)
    assert found.reason(other) is None
    (complaint,) = found.complaints()
    assert complaint.endswith("nothing hits it any more; remove the entry")


def test_an_expired_entry_lets_nothing_pass_and_says_so(tmp_path: Path) -> None:
    found = known(tmp_path, today=date(2026, 11, 24))
    assert found.reason(record()) is None
    (complaint,) = found.complaints()
    assert "expired on 2026-11-23" in complaint


BAD_FILES = {
    "no TOML": "[[known",
    "unknown key": ENTRY + "colour = 1\n",
    "no reason": ENTRY.replace("reason", "#"),
    "short reason": ENTRY.replace("the timeout is being discussed", "because"),
    "no date": ENTRY.replace("2026-11-23", '"soon"'),
    "never expires": ENTRY.replace("expires = 2026-11-23", ""),
    "a number": "known = 1",
    "no table": "known = [1]",
    "deep": "known = " + "[" * 5000,
}


@pytest.mark.parametrize("text", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_list_of_known_divergences_is_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError) as caught:
        known(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path))
    assert "\n" not in str(caught.value)


def costs(instructions: float, time: float = 1000.0, stack: float = 200) -> Costs:
    return {
        "program": {
            "instructions": instructions,
            "states": 50,
            "stack": stack,
            "load_microseconds": time,
        }
    }


def complaints(head: Costs, base: Costs | None, limits: Limits | None = None) -> list[str]:
    return [one.complaint for one in judge(head, base, limits or Limits()) if one.complaint]


def test_growth_of_a_tenth_is_too_much_and_a_twentieth_is_not() -> None:
    assert complaints(costs(1050), costs(1000)) == []
    (complaint,) = complaints(costs(1100), costs(1000))
    assert complaint == ("program: instructions 1,000 -> 1,100 (+10.0 %): grows by more than 5 %")


def test_load_time_is_given_room_for_noise() -> None:
    assert complaints(costs(1000, time=1900), costs(1000)) == []
    assert len(complaints(costs(1000, time=2100), costs(1000))) == 1


def test_without_a_base_limits_alone_count(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(
        '[[limit]]\nprogram = "program"\ninstructions = 999\nstates = 50\nstack = 200\n'
        "load_microseconds = 1000\n"
    )
    limits = read_limits(tmp_path / "limits.toml")
    assert complaints(costs(999), None, limits) == []
    (complaint,) = complaints(costs(1000), None, limits)
    assert complaint == "program: instructions 1,000: more than the limit of 999"


def test_growth_that_somebody_has_looked_at_is_let_pass_up_to_a_figure(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text(
        '[[accepted]]\nprogram = "program"\nfigure = "instructions"\nup_to = 1200\n'
        'reason = "a new protocol"\n'
    )
    limits = read_limits(tmp_path / "limits.toml")
    assert complaints(costs(1200), costs(1000), limits) == []
    assert len(complaints(costs(1201), costs(1000), limits)) == 1


def test_the_shipped_limits_hold_for_both_programs() -> None:
    limits = read_limits(ROOT / "ci" / "verifier-limits.toml")
    for program in ("from_container", "to_container"):
        for figure in ("instructions", "states", "stack", "load_microseconds"):
            assert limits.most(program, figure) is not None


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("a b c", "a b c", set()),
        ("a b c", "a x c", {2}),
        ("a b c", "a b x y c", {3, 4}),
        ("a b c", "a c", set()),
        ("", "a b", {1, 2}),
    ],
)
def test_lines_that_are_new(old: str, new: str, lines: set[int]) -> None:
    assert new_lines(old.split(), new.split()) == lines


def test_changed_lines_and_what_they_are_about(tmp_path: Path) -> None:
    base = folder_tree(datapath(tmp_path / "base"), "base")
    head = folder_tree(datapath(tmp_path / "head", BUG), "head")
    changed = changed_lines(base, head)
    assert changed == {"bpf/flow.h": {BUG.line()}}
    assert "CT-3" in clauses_of(changed, tmp_path / "head")
    assert changed_lines(base, base) == {}


def outcome(**values: object) -> Outcome:
    found = Outcome()
    for name, value in values.items():
        setattr(found, name, value)
    return found


def test_verdicts_without_a_run_are_never_a_pass() -> None:
    assert outcome().exit_code() is ExitCode.NOTHING_COMPARED
    assert outcome(failing=["a"]).exit_code() is ExitCode.DIVERGENCE
    assert outcome(interrupted=True).exit_code() is ExitCode.INTERRUPTED
    assert outcome(mend=["a"]).exit_code() is ExitCode.USAGE
    assert outcome(failures=["a"]).exit_code() is ExitCode.USAGE


def run_of(*packets: int, standing: Standing = Standing.KNOWN) -> Run:
    """A run by both loaders, with a divergence: scenarios of so many packets each by libbpf."""
    scenarios = tuple(
        ScenarioResult(loader, f"{place}.yaml", "", "", ScenarioStatus.AGREES, packets=count)
        for loader, counts in (("libbpf", packets), ("bcc", (1,)))
        for place, count in enumerate(counts)
    )
    facts = RunFacts("gate", 0, "", "", "", "", "", ("libbpf", "bcc"))
    divergence = replace(record(), standing=standing)
    return Run(1, RunState.FINISHED, facts, scenarios, divergences=(divergence,))


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (run_of(3, 0), ExitCode.AGREEMENT),
        (run_of(0, 0), ExitCode.NOTHING_COMPARED),
        (run_of(), ExitCode.NOTHING_COMPARED),
        (run_of(3, standing=Standing.NEW), ExitCode.DIVERGENCE),
    ],
    ids=["passes", "no packets", "no scenarios", "new divergence"],
)
def test_a_pass_takes_packets_by_each_loader_and_nothing_new(run: Run, code: ExitCode) -> None:
    assert outcome(run=run).exit_code() is code
    by_libbpf = replace(run, facts=replace(run.facts, loaders=("libbpf",)))
    assert outcome(run=by_libbpf).exit_code() is code


def test_whatever_fails_a_gate_is_told_and_is_no_pass() -> None:
    too_much = Cost("program", "stack", 1.0, 2.0, "takes too much")
    not_done = Stage("corpora", State.NOT_RUN, 0, "", needed=True)
    for values, code, lines in (
        ({"costs": [too_much]}, ExitCode.DIVERGENCE, ["takes too much"]),
        ({"failing": ["a"]}, ExitCode.DIVERGENCE, ["property fails, and not on the base: a"]),
        ({"failures": ["a"]}, ExitCode.USAGE, ["a"]),
        ({"mend": ["a"]}, ExitCode.USAGE, ["a"]),
        ({"interrupted": True}, ExitCode.INTERRUPTED, []),
        ({"stages": [not_done]}, ExitCode.INTERRUPTED, []),
    ):
        found = outcome(run=run_of(3), **values)
        assert (found.exit_code(), list(found.complaints())) == (code, lines)


def test_a_needed_stage_that_was_cut_short_is_missing() -> None:
    stages = [
        Stage("fuzz", State.CUT_SHORT, 1, ""),
        Stage("corpora", State.CUT_SHORT, 1, "", needed=True),
        Stage("cost", State.DONE, 1, "", needed=True),
    ]
    assert [one.name for one in outcome(stages=stages).missing] == ["corpora"]


def test_a_clock_says_that_it_has_cut_something_short() -> None:
    long, spent = Clock(60), Clock(0)
    assert list(long.while_left("ab")) == ["a", "b"]
    assert list(spent.while_left("ab")) == []
    assert (long.cut_short, spent.cut_short) == (False, True)


def test_failing_properties_are_read_out_of_a_summary() -> None:
    said = "..F\n=== short ===\nFAILED tests/a.py::test_b[1-x] - assert 1 == 2\nERROR tests/c.py\n"
    assert failing_nodes(said) == ("tests/a.py::test_b[1-x]", "tests/c.py")


@pytest.mark.parametrize("revision", ["nonsense", "-x", "--output=x", "", "HEAD~999999", "a\nb"])
def test_what_is_no_revision_is_one_line(tmp_path: Path, revision: str) -> None:
    with pytest.raises(UserError) as caught:
        revision_tree(ROOT, revision, tmp_path)
    assert "\n" not in str(caught.value).replace("a\nb", "")


def test_what_is_no_repository_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither a folder nor a revision"):
        revision_tree(tmp_path, "HEAD", tmp_path)
    with pytest.raises(UserError, match="holds 0 datapaths"):
        folder_tree(tmp_path, "here")


def test_links_in_a_revision_lead_nowhere(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    datapath(root)
    (root / "bpf" / "escape.h").symlink_to("/etc/passwd")
    names = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    for command in (["init", "-q"], ["add", "."], [*names, "commit", "-q", "-m", "base"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    (tmp_path / "into").mkdir()
    tree = revision_tree(root, "HEAD", tmp_path / "into")
    assert tree.source.is_file()
    assert not (tree.source.parent / "escape.h").exists()
    assert not (tree.source.parent / "escape.h").is_symlink()
