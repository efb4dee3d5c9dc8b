"""Killed in the midst of it, or two at once: nothing is lost, nothing stays, all come to an end."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from harness.report.saved import SCENARIO_FILE, UNFINISHED
from harness.store.reader import StoreReader
from harness.store.records import RunState
from tests.commands.command_line import PROGRAM, ROOT, twinpath
from tests.gate.change import CONNTRACK, RESET

PATIENCE = 60.0
QUICK = ("--skip", "cost,properties,mutants,fuzz")


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Until something is there; the process must not be through before."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "the process has ended too early"
        assert time.monotonic() < end, "what was waited for has not come"
        time.sleep(0.005)


def started(folder: Path, *arguments: object) -> subprocess.Popen[bytes]:
    """A command line at work."""
    return subprocess.Popen(
        [PROGRAM, *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed(process: subprocess.Popen[bytes], delay: float) -> None:
    time.sleep(delay)
    process.kill()
    process.wait()


def complete(found: Path) -> list[Path]:
    """Folders of findings; each has all its files."""
    folders = [one for one in found.iterdir() if not one.name.startswith(".")]
    folders = [one for one in folders if one.name != "unexamined"]
    assert all(len(list(one.iterdir())) == 3 for one in folders)
    return folders


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_a_run_that_is_killed_while_it_looks_into_a_finding_has_kept_it(
    tmp_path: Path, faulty: Path, delay: float
) -> None:
    found = tmp_path / "divergences"
    arguments = ("run", CONNTRACK, "--object", faulty)
    process = started(tmp_path, *arguments)
    wait_for(lambda: any(found.glob("unexamined/*.yaml")), process)
    killed(process, delay)
    kept = [*found.glob("unexamined/*.yaml"), *(one / SCENARIO_FILE for one in complete(found))]
    assert kept
    for scenario in kept:
        done = twinpath("replay", scenario, "--object", faulty, "--times", 1)
        assert done.code == ExitCode.DIVERGENCE, scenario
    again = twinpath("run", RESET, "--object", faulty, folder=tmp_path)
    assert again.code == ExitCode.DIVERGENCE
    waits = any(path.is_file() for path in kept if path.parent.name == "unexamined")
    assert ("has not looked into; run that folder" in again.err) is waits
    assert complete(found)
    assert not list(found.glob(f"{UNFINISHED}*"))


def test_the_same_run_clears_away_what_the_killed_one_had_noted(
    tmp_path: Path, faulty: Path
) -> None:
    found = tmp_path / "divergences"
    process = started(tmp_path, "run", RESET, "--object", faulty)
    wait_for(lambda: any(found.glob("unexamined/*.yaml")), process)
    killed(process, 0)
    assert twinpath("run", RESET, "--object", faulty, folder=tmp_path).code == 1
    assert complete(found)
    assert not (found / "unexamined").exists()


def test_a_killed_gate_leaves_nothing_that_the_next_one_does_not_clear_away(
    tmp_path: Path, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache = tmp_path / "cache" / "twinpath"
    store = ("--store", tmp_path / "x.sqlite")
    process = started(
        tmp_path, "gate", "--base", ROOT, "--head", faulty.parent, CONNTRACK, *QUICK, *store
    )
    wait_for(lambda: any(tmp_path.glob("divergences/unexamined/*.yaml")), process)
    assert list(cache.glob(".gate-*"))
    killed(process, 0.2)
    with StoreReader(tmp_path / "x.sqlite") as reader:
        run = reader.run()
    assert run.state is RunState.UNFINISHED
    assert run.divergences, "what was found is in the store before anybody looks into it"
    done = twinpath("gate", "--base", ROOT, RESET, *QUICK, folder=tmp_path)
    assert done.code == ExitCode.AGREEMENT, done.err
    assert not list(cache.glob(".gate-*"))


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path, faulty: Path) -> None:
    """The same datapath, folder and store; and a gate beside them."""
    shared = ("--object", faulty, "--store", "shared.sqlite")
    runs = [started(tmp_path, "run", RESET, *shared) for _ in range(2)]
    gate = started(tmp_path, "gate", "--base", ROOT, RESET, *QUICK)
    codes = [one.wait(PATIENCE) for one in (*runs, gate)]
    assert codes == [ExitCode.DIVERGENCE, ExitCode.DIVERGENCE, ExitCode.AGREEMENT]
    assert len(complete(tmp_path / "divergences")) == 1
    with StoreReader(tmp_path / "shared.sqlite") as reader:
        stored = [reader.run(number) for number in reader.numbers()]
    assert [one.state for one in stored] == [RunState.FINISHED] * 2
    assert stored[0].packets == stored[1].packets > 0
    assert len(stored[0].divergences) == len(stored[1].divergences) > 0
