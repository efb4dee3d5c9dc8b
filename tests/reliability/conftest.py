"""What tests of reliability share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.commands.command_line import Shell
from tests.gate.change import BUG, datapath
from tests.ordinary_user import NOBODY


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line in this process."""
    return Shell(capsys)


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A datapath with a bug that tests.gate.change.RESET shows."""
    return datapath(tmp_path_factory.mktemp("faulty"), BUG) / "twinpath.bpf.c"


@pytest.fixture
def everyones() -> Iterator[Path]:
    """A folder that belongs to an ordinary user; pytest's own are root's alone."""
    with TemporaryDirectory() as name:
        shutil.chown(name, NOBODY, NOBODY)
        yield Path(name)
