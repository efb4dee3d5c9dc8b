"""Whatever kills a campaign or its processes, nothing is lost and the folder stays good."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from harness.fuzz.pool.local import LocalPool
from harness.fuzz.settings import Settings
from harness.scenario.load import load_scenarios
from tests.fuzz.command import PROGRAM, campaign, environment, twinpath

PATIENCE = 60


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A campaign that goes on until it is ended."""
    return subprocess.Popen(
        [*PROGRAM, "fuzz", "--json", "--corpus", "corpus", *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers_of(pid: int) -> list[int]:
    """Processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def wait_for_cases(folder: Path, count: int) -> None:
    """Until the queue has so many cases."""
    deadline = monotonic() + PATIENCE
    while len(list((folder / "corpus" / "queue").glob("*.yaml"))) < count:
        assert monotonic() < deadline, "no cases came"
        sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_killed_campaign_can_be_gone_on_with(tmp_path: Path) -> None:
    process = started(tmp_path, "--max-time", "5m", "--seed", "2")
    wait_for_cases(tmp_path, 3)
    workers = workers_of(process.pid)
    process.kill()
    process.communicate()
    deadline = monotonic() + PATIENCE
    while any(is_alive(pid) for pid in workers):
        assert monotonic() < deadline, "a worker outlives its campaign"
        sleep(0.05)
    kept = sorted((tmp_path / "corpus" / "queue").glob("*.yaml"))
    assert all(load_scenarios(path) for path in kept)
    again = campaign(tmp_path, "--corpus", "corpus", "--max-steps", "600", "--seed", "2")
    assert again.code == 0, again.err
    assert again.object["cases"] >= len(kept) >= 3
    assert not list((tmp_path / "corpus").rglob(".unfinished-*"))
    figures = (tmp_path / "corpus" / "fuzzer_stats").read_text(encoding="utf-8")
    assert "steps_per_second : " in figures
    assert len((tmp_path / "corpus" / "plot_data").read_text().splitlines()) >= 2
    assert twinpath(tmp_path, "run", "corpus/queue").code == 0


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    seeded = ("--max-steps", "10000", "--seed", "2")
    process = started(tmp_path, *seeded)
    wait_for_cases(tmp_path, 1)
    (worker,) = workers_of(process.pid)
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)
    assert f"worker {worker} died" in err
    assert '"lost_workers": 1' in out
    whole = campaign(tmp_path, *seeded).object["trace_hash"]
    assert f'"trace_hash": "{whole}"' in out


def test_an_interrupted_campaign_shows_what_it_has(tmp_path: Path) -> None:
    process = started(tmp_path, "--seed", "2")
    wait_for_cases(tmp_path, 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert '"interrupted": true' in out
    assert "Traceback" not in err


def test_a_folder_serves_one_campaign_at_a_time(tmp_path: Path) -> None:
    process = started(tmp_path, "--seed", "2")
    try:
        wait_for_cases(tmp_path, 1)
        other = campaign(tmp_path, "--corpus", "corpus", "--max-steps", "1")
        assert other.code == 4
        assert "another campaign is at work there" in other.err
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def test_a_pool_that_is_ended_waits_for_no_process_that_has_not_begun() -> None:
    pool = LocalPool(Settings(seed=1), 2)
    try:
        assert list(pool.drain()) == []
        assert all(worker.process.process.poll() is None for worker in pool.workers)
    finally:
        pool.close()
