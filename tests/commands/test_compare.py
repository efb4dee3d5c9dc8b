"""`twinpath compare`: an old and a new build side by side."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import ROOT, Shell, only_line

OURS = ROOT / "bpf" / "twinpath.bpf.c"


def test_equal_builds_agree(shell: Shell, folder: Path) -> None:
    done = shell.run("compare", OURS, OURS, folder, "--fuzz", 300, "--json")
    assert done.code == ExitCode.AGREEMENT
    assert done.json["divergences"] == 0
    assert done.json["steps"] >= 300
    assert list(done.json["pairs"]) == ["old and new"]


def test_a_change_is_one_finding_with_a_line_to_paste(
    shell: Shell, folder: Path, mutant: Path
) -> None:
    done = shell.run("compare", OURS, mutant, folder, "--json")
    assert done.code == ExitCode.DIVERGENCE
    finding = done.json["findings"][0]
    assert finding["subject"] == f"new ({mutant})"
    assert (finding["reproduced"], finding["tries"]) == (20, 20)
    words = shlex.split(finding["replay"])
    assert words[:4] == ["twinpath", "compare", str(OURS), str(mutant)]
    again = shell.run(*words[1:], "--json")
    assert again.code == ExitCode.DIVERGENCE


def test_generated_steps_find_a_change_too(shell: Shell, folder: Path, mutant: Path) -> None:
    done = shell.run("compare", OURS, mutant, "--fail-fast", "--json", "--seed", 1)
    assert done.code == ExitCode.DIVERGENCE
    assert done.json["findings"][0]["subject"] == f"new ({mutant})"
    assert done.json["steps"] > 1  # no scenario was given: they are generated
    ours = shell.run("compare", OURS, OURS, "--fuzz", done.json["steps"], "--json", "--seed", 1)
    assert ours.code == ExitCode.AGREEMENT


def test_the_model_says_which_build_is_wrong(shell: Shell, folder: Path, mutant: Path) -> None:
    done = shell.run("compare", mutant, OURS, "shop.yaml", "--with-model", "--json")
    assert done.code == ExitCode.DIVERGENCE
    pairs = {pair: one["divergences"] for pair, one in done.json["pairs"].items()}
    assert pairs == {"old and new": 1, "model and old": 1, "model and new": 0}


def test_nothing_to_compare_is_no_agreement(shell: Shell, folder: Path) -> None:
    (folder / "empty.yaml").write_text("name: empty\ntopology: {}\nsteps: [{collect: true}]\n")
    done = shell.run("compare", OURS, OURS, "empty.yaml")
    assert done.code == ExitCode.NOTHING_COMPARED


@pytest.mark.parametrize(
    "words",
    [
        ("nothing.o", OURS),
        (OURS, "nothing.c"),
        (OURS, OURS, "nowhere"),
        (OURS, "shop.yaml"),
        (OURS, OURS, "--fuzz", "-1"),
        (OURS,),
    ],
)
def test_bad_input_is_said_in_a_line(shell: Shell, folder: Path, words: tuple[object, ...]) -> None:
    done = shell.run("compare", *words)
    assert done.code == ExitCode.USAGE
    assert only_line(done)
