"""SIGKILL at moments from the first import to the end: the next run clears away what was left.

The cache is a fresh one, so that compilers are killed too, and entries while they are written.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from harness.report.saved import UNFINISHED
from harness.store.reader import StoreReader
from tests.commands.command_line import PROGRAM, ROOT
from tests.gate.change import CONNTRACK, RESET

MOMENTS = (0.2, 0.7, 1.2, 1.8, 2.5)
"""Seconds: imports, compilation, loading, comparing, shortening, in about this order."""

PATIENCE = 120.0
GATE = ("gate", "--base", str(ROOT), "--skip", "cost,properties,mutants,fuzz")

COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "run": (("run", str(CONNTRACK)), ("run", str(RESET))),
    "fuzz": (
        ("fuzz", "--corpus", "campaign", "--seed", "3", "--max-steps", "200000"),
        ("fuzz", "--corpus", "campaign", "--seed", "3", "--max-steps", "2000", "--json"),
    ),
    "gate": ((*GATE, str(CONNTRACK)), (*GATE, str(RESET))),
}
"""What is killed, and what comes next, in the same folder."""


def network() -> list[str]:
    """Devices and named namespaces of this machine."""
    folders = Path("/sys/class/net"), Path("/run/netns"), Path("/sys/fs/bpf")
    return sorted(str(one) for folder in folders for one in folder.glob("*"))


def leftovers(folder: Path) -> list[Path]:
    """What only a run at work may have: scratch folders, half-written files, temporary ones."""
    hidden = [one for one in folder.rglob(".*") if one.name != ".lock"]
    return [*hidden, *folder.rglob("tmp*"), *folder.rglob(f"{UNFINISHED}*")]


@pytest.mark.parametrize("command", COMMANDS)
def test_whenever_it_is_killed_the_next_one_works_and_clears_away(
    tmp_path: Path, faulty: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    before = network()
    killed, following = COMMANDS[command]
    subject = ("--head", str(faulty.parent)) if command == "gate" else ("--object", str(faulty))
    store = () if command == "fuzz" else ("--store", "results.sqlite")
    for moment in MOMENTS:
        with subprocess.Popen(
            [PROGRAM, *killed, *subject, *store],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
    done = subprocess.run(
        [PROGRAM, *following, *subject, *store],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == ExitCode.DIVERGENCE, done.stderr
    assert leftovers(tmp_path) == []
    assert network() == before
    if command == "fuzz":
        assert json.loads(done.stdout)["divergences"] > 0
    else:
        with StoreReader(tmp_path / "results.sqlite") as reader:
            assert reader.run().divergences
