"""What a pipeline relies on: a bad change fails, a good one passes, old trouble is nobody's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import PLAIN, ROOT, Shell, bash
from tests.gate.change import (
    BUG,
    HEAVIER,
    HIDDEN_BUG,
    OTHER_BUG,
    PING,
    REFACTORING,
    RESET,
    make,
    repository,
)
from tests.gate.conftest import Judge

QUICK = ("--skip", "cost,properties,mutants,fuzz")
PROGRAM = (sys.executable, "-P", "-m", "harness.commands.main")


def test_a_planted_bug_fails_at_its_line_with_a_line_to_paste(judge: Judge, tmp_path: Path) -> None:
    done = judge((BUG,), (), RESET, *QUICK, "--annotations")
    assert done.code == ExitCode.DIVERGENCE, done.err
    assert f"\n::error file=bpf/flow.h,line={BUG.line()},title=divergence%3A CT-3" in done.out
    (replay,) = set(re.findall(r"^\S*twinpath replay .*$", done.out, re.M))
    pasted = bash(replay, tmp_path / "work")
    assert pasted.code == ExitCode.DIVERGENCE
    assert "expires" in pasted.out
    assert done.out.splitlines()[-1].startswith("gate: no pass against ")


def test_what_diverges_on_the_base_too_does_not_fail_the_head(judge: Judge) -> None:
    done = judge((BUG,), (BUG,), RESET, *QUICK)
    assert done.code == ExitCode.AGREEMENT, done.out + done.err
    assert "\nreason " in done.out
    assert "diverges here too" in done.out


def test_of_two_bugs_the_new_one_alone_counts(judge: Judge) -> None:
    done = judge((BUG, OTHER_BUG), (BUG,), RESET, PING, *QUICK, "--json")
    assert done.code == ExitCode.DIVERGENCE
    assert {one["scenario"].partition("[")[0] for one in done.json["new"]} == {"ct-8-ping"}
    assert {one["line"] for one in done.json["new"]} == {f"bpf/flow.h:{OTHER_BUG.line()}"}
    assert done.json["not_new"] > 0


def test_a_program_that_is_heavier_for_the_verifier_fails(judge: Judge) -> None:
    done = judge((HEAVIER,), (), RESET, "--skip", "properties,mutants,fuzz", "--json")
    assert done.code == ExitCode.DIVERGENCE, done.err
    assert (done.json["new"], done.json["not_new"]) == ([], 0)
    for program in ("from_container", "to_container"):
        (cost,) = (
            one
            for one in done.json["costs"]
            if (one["program"], one["figure"]) == (program, "instructions")
        )
        assert cost["head"] >= 1.1 * cost["base"]
        assert "grows by more than 5 %" in cost["complaint"]
        assert cost["complaint"] in done.json["complaints"]


def test_fuzzing_aimed_at_the_change_finds_what_no_corpus_shows(judge: Judge) -> None:
    skip = ("--skip", "cost,properties,mutants", "--fuzz", "8s", "--workers", 1)
    done = judge((HIDDEN_BUG,), (), RESET, *skip, "--json")
    (fuzz,) = (one for one in done.json["stages"] if one["name"] == "fuzz")
    assert "aimed at " in fuzz["words"]
    assert re.search(r"from [1-9]\d* entries that reach changed lines", fuzz["words"])
    assert done.code == ExitCode.DIVERGENCE, fuzz
    assert all("replay divergences/" in one["replay"] for one in done.json["new"])
    assert f"bpf/flow.h:{HIDDEN_BUG.line()}" in {one["line"] for one in done.json["new"]}


def test_a_harmless_refactoring_passes_from_a_git_revision_on(tmp_path: Path) -> None:
    """The whole of it: a revision is unpacked, the head's own gate judges, mutants are tried."""
    root = repository(tmp_path / "repository")
    names = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    for command in (["init", "-q"], ["add", "."], [*names, "commit", "-q", "-m", "base"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    make(root / "bpf", REFACTORING)
    done = subprocess.run(
        [*PROGRAM, "gate", "--base", "HEAD", "--skip", "fuzz", "--no-annotations", RESET],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == ExitCode.AGREEMENT, done.stdout + done.stderr
    assert "gate: passes, nothing is new against HEAD" in done.stdout
    (mutants,) = (line for line in done.stdout.splitlines() if line.startswith("mutants "))
    assert re.search(r"[1-9]\d* of [1-9]\d* tried", mutants)
    assert not (tmp_path / "divergences").exists()


def test_another_repository_is_judged_by_its_own_gate(shell: Shell, tmp_path: Path) -> None:
    root = repository(tmp_path / "repository")
    (root / "harness/gate/gate.py").write_text('raise RuntimeError("the gate of the head")\n')
    done = subprocess.run(
        [*PROGRAM, "gate", "--base", str(root), "--head", str(root), str(RESET)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == ExitCode.INTERNAL_ERROR
    assert "RuntimeError: the gate of the head" in done.stderr


def test_nothing_compared_is_no_pass(judge: Judge, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    topology = re.sub(r"clauses:.*\n", "", PLAIN.partition("steps:")[0])
    empty.write_text(f"{topology}steps:\n  - advance: 1s\n")
    done = judge((), (), empty, *QUICK)
    assert done.code == ExitCode.NOTHING_COMPARED, done.out + done.err


def test_a_budget_that_is_spent_too_early_is_no_pass(judge: Judge) -> None:
    done = judge((), (), RESET, *QUICK, "--budget", "0.001s")
    assert done.code in (ExitCode.NOTHING_COMPARED, ExitCode.INTERRUPTED)
    assert "corpora cut short" in done.out


KNOWN = """
[[known]]
clause = "CT-3"
field = "expires"
scenario = "{0}"
reason = "the timeout is being discussed"
expires = 2027-01-31
"""


def test_known_divergences_pass_until_their_day_and_stale_ones_fail(
    judge: Judge, tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    known.write_text(KNOWN.format("ct-5-reset-*"))
    listed = ("--known", known, "--today")
    passing = judge((BUG,), (), RESET, *QUICK, *listed, "2027-01-31")
    assert passing.code == ExitCode.AGREEMENT, passing.out + passing.err
    assert "known: CT-3 expires in ct-5-reset-*: 2 hits, until 2027-01-31" in passing.out
    expired = judge((BUG,), (), RESET, *QUICK, *listed, "2027-02-01")
    assert expired.code == ExitCode.DIVERGENCE
    known.write_text(KNOWN.format("ct-6-*"))
    stale = judge((), (), PING, "--head", ROOT, *QUICK, *listed, "2026-11-23")
    assert stale.code == ExitCode.USAGE
    assert "nothing hits it any more; remove the entry" in stale.out
