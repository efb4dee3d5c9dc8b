"""The instrumented datapath, and command lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.coverage.build import CoverageBuild, build_instrumented
from harness.datapath.bench import SOURCE
from tests.commands.command_line import Shell


@pytest.fixture(scope="session")
def built() -> CoverageBuild:
    """The shipped datapath with its counters."""
    return build_instrumented(SOURCE)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line in this process."""
    return Shell(capsys)


@pytest.fixture
def no_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with clang and without the other tools of LLVM."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "clang-19").symlink_to("/usr/bin/clang-19")
    monkeypatch.setenv("PATH", str(folder))
