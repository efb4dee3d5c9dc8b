"""What gates are tried with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.command_line import Finished, Shell
from tests.gate.change import Change, datapath

Judge = Callable[..., Finished]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line in this process."""
    return Shell(capsys)


@pytest.fixture
def judge(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Judges changes of the datapath, head against base, in an empty folder."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def judged(head: tuple[Change, ...], base: tuple[Change, ...], *arguments: object) -> Finished:
        sides = []
        for name, changes in (("base", base), ("head", head)):
            folder = tmp_path / name
            if not folder.exists():
                datapath(folder, *changes)
            sides += [f"--{name}", folder / "bpf"]
        return shell.run("gate", *sides, *arguments)

    return judged
