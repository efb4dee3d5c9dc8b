"""Commands that are stopped from outside end in a line, keep what they have, leave nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import PROGRAM, QUESTION, Finished, Shell, capture_file

PATIENCE = 30.0
"""Seconds after which a test gives up waiting."""

LONG = 400_000
"""Packets; they take far longer than any test waits."""


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not seen: {what}"
        time.sleep(0.02)


def open_files(process: int) -> set[str]:
    """Names of what a process has open."""
    found = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            found.add(str(link.readlink()))
        except FileNotFoundError:
            continue
    return found


def surroundings() -> list[Path]:
    """Interfaces, named network namespaces, and pins of ours."""
    found = [*Path("/sys/class/net").iterdir(), *Path("/sys/fs/bpf").rglob("*twinpath*")]
    return sorted([*found, *Path("/run/netns").glob("*")])


def programs() -> set[int]:
    """Identifiers of the BPF programs that are loaded."""
    listed = subprocess.run(
        ["/usr/sbin/bpftool", "--json", "prog", "list"], capture_output=True, check=True
    )
    return {one["id"] for one in json.loads(listed.stdout)}


@pytest.fixture(scope="module")
def long_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return capture_file(tmp_path_factory.mktemp("long") / "long.pcap", *[QUESTION] * LONG)


@pytest.fixture
def running(
    long_capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[str]]:
    """A run in the midst of the long capture, with nothing of its own in the temporary folder."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    process = subprocess.Popen(
        [str(PROGRAM), "run", "--json", str(long_capture)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        capture = str(long_capture)
        wait_for(
            lambda: {"anon_inode:bpf-prog", capture} <= open_files(process.pid),
            "the loaded datapath and the capture being read",
        )
        time.sleep(0.2)
        yield process
    finally:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen[str], number: int) -> Finished:
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return Finished(process.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_in_a_line_with_what_it_has(
    running: subprocess.Popen[str], number: int
) -> None:
    done = end(running, number)
    assert done.code == ExitCode.INTERRUPTED
    assert done.err == "twinpath: interrupted; what was compared until then is shown\n"
    assert done.json["interrupted"] is True
    assert 0 < done.json["packets"] < LONG
    assert done.json["divergences"] == 0


def test_a_killed_run_leaves_nothing_behind(running: subprocess.Popen[str], tmp_path: Path) -> None:
    before = surroundings()
    held = {
        int(line.split()[1])
        for number in Path(f"/proc/{running.pid}/fdinfo").iterdir()
        for line in number.read_text().splitlines()
        if line.startswith("prog_id:")
    }
    assert held & programs(), "the run has programs in the kernel"
    done = end(running, signal.SIGKILL)
    assert done.code == -signal.SIGKILL
    wait_for(lambda: not held & programs(), "its programs gone")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"temporary"}
    assert surroundings() == before


def test_an_interrupt_while_a_divergence_is_looked_into_does_not_lose_it(
    shell: Shell, folder: Path, mutant: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.findings.shrink_in", interrupted)
    done = shell.run("run", "shop.yaml", "plain.yaml", "--object", mutant)
    assert done.code == ExitCode.DIVERGENCE
    assert "divergence: shop" in done.out
    assert "not run again; the line below replays it" in done.out
    assert done.out.splitlines()[-1] == "1 divergence in 3 packets, interrupted, seed 0"
    assert done.err == "twinpath: interrupted; what was compared until then is shown\n"
    (saved,) = (folder / "divergences").iterdir()
    assert (saved / "scenario.yaml").read_text().count("packet:") == 3


@pytest.mark.parametrize("command", ["explain", "replay"])
def test_other_commands_end_in_a_line_too(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.commands.explain.walk_alone", interrupted)
    monkeypatch.setattr("harness.commands.replay.Lockstep.run", interrupted)
    done = shell.run(command, "shop.yaml")
    assert (done.code, done.err) == (ExitCode.INTERRUPTED, "twinpath: interrupted\n")
