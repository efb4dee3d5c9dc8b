"""A full disk and a read-only one: one line that says so, and no finding without its words."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import ROOT, Finished, bash
from tests.gate.change import RESET

FULL = "size=8k"
READ_ONLY = "ro"
GATE = f"gate --base HEAD --skip cost,properties,mutants,fuzz {RESET}"
CASES = {
    "store": f"run {RESET} --store disk/x.sqlite",
    "cache": f"XDG_CACHE_HOME=disk run {RESET}",
    "gate": f"XDG_CACHE_HOME=disk {GATE}",
    "fuzz": "fuzz --corpus disk/corpus --max-steps 2000",
}


def on_disk(folder: Path, options: str, line: str) -> Finished:
    """Run a line in a folder in which `disk` is a small file system of its own."""
    (folder / "disk").mkdir()
    mount = f"mount -t tmpfs -o {options} none disk"
    words = line.split()
    variables = [word for word in words if word.startswith("XDG_")]
    program = shlex.join(["env", *variables, "twinpath", *words[len(variables) :]])
    return bash(f"unshare --mount bash -c {shlex.quote(f'{mount} && {program}')}", folder)


@pytest.mark.parametrize("options", [FULL, READ_ONLY], ids=["full", "read-only"])
@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_written_is_one_line(tmp_path: Path, case: str, options: str) -> None:
    done = on_disk(tmp_path, options, CASES[case])
    assert done.code == ExitCode.USAGE, done.out + done.err
    complaint = done.err.splitlines()[-1]
    assert complaint.startswith("twinpath: ")
    assert "disk" in complaint
    assert "Traceback" not in done.err
    assert "internal error" not in done.err


@pytest.mark.parametrize("options", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_a_finding_that_cannot_be_saved_is_shown_all_the_same(
    tmp_path: Path, faulty: Path, options: str
) -> None:
    done = on_disk(tmp_path, options, f"run {RESET} --object {faulty} --save disk/found")
    assert done.code == ExitCode.DIVERGENCE, done.err
    assert "the divergence cannot be saved there" in done.err
    assert "expires" in done.out
    (replay,) = {line for line in done.out.splitlines() if "twinpath run " in line}
    assert bash(replay, ROOT).code == ExitCode.DIVERGENCE
