"""`twinpath mutate` from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.commands import exit_codes, main
from harness.commands.options import REPOSITORY

SCENARIOS = REPOSITORY / "corpora" / "scenarios" / "conntrack"
EXPIRY = SCENARIOS / "ct-4-expired-is-absent.yaml"


def mutate(folder: Path, *arguments: str) -> int:
    review = folder / "survivors.toml"
    review.touch()
    session = str(folder / "session.sqlite")
    return main.run(["mutate", "--session", session, "--review", str(review), *arguments])


def test_listing_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mutate(tmp_path, "--list", "--operators", "expiry", "--filter", "bpf/flow.h") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("bpf/flow.h:" in line and "expiry: < -> <=" in line for line in lines) == 1
    assert any(line.startswith("expiry: ") for line in lines)
    assert not (tmp_path / "session.sqlite").exists()


def test_a_run_its_reports_and_the_run_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.json"
    arguments = [str(EXPIRY), "--operators", "expiry", "--filter", "bpf/flow.h", "--limit", "300"]
    assert mutate(tmp_path, *arguments, "--json", str(report), "--fail-under", "100") == 0
    assert "killed 2 of 2 mutants that count: 100.0%" in capsys.readouterr().out
    (file,) = json.loads(report.read_text())["files"].values()
    assert {one["status"] for one in file["mutants"]} == {"Killed"}
    monkeypatch.delattr("harness.commands.mutate.require_agreement")
    assert mutate(tmp_path, *arguments) == 0
    assert "killed 2 of 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--operators", "nonsense"], exit_codes.ExitCode.USAGE, "--operators nonsense: unknown"),
        (["--changed-since", "nonsense"], exit_codes.ExitCode.USAGE, "--changed-since nonsense"),
        (["--filter", "nonsense"], exit_codes.ExitCode.NOTHING_COMPARED, "no mutant is as asked"),
        (["--list", "--filter", "CT-99"], exit_codes.ExitCode.NOTHING_COMPARED, "no mutant is as"),
        (["--review", "nonsense"], exit_codes.ExitCode.USAGE, "nonsense: cannot be read"),
        (["--json", "none/a.json"], exit_codes.ExitCode.USAGE, "none is no folder; name another"),
        (["--html", "none/a.html"], exit_codes.ExitCode.USAGE, "none is no folder; name another"),
        (["--sarif", "/"], exit_codes.ExitCode.USAGE, "/: is a folder; name a file"),
    ],
)
def test_bad_input_ends_in_a_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    assert mutate(tmp_path, *arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_nothing_outlives_a_kill(tmp_path: Path) -> None:
    """Neither workers nor their children, nor anything but the session."""
    command = [sys.executable, "-m", "harness.commands.main", "mutate", str(EXPIRY)]
    command += ["--session", str(tmp_path / "session.sqlite"), "--filter", "bpf/flow.h"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    wait_until(lambda: len(children(process.pid)) == 2)
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} <= {"session.sqlite"}


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in path.read_text().split()] if path.exists() else []


def wait_until(condition: object) -> None:
    """Wait for something that happens within two minutes."""
    assert callable(condition)
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
