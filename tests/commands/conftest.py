"""What the tests of the command line share: a shell, scenario files, a datapath with a bug."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.commands.command_line import PLAIN, ROOT, SHOP, Shell

WRONG_LINE = "reply ? &flow->reply_packets : &flow->opener_packets"


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line in this process."""
    return Shell(capsys)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two scenario files."""
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "plain.yaml").write_text(PLAIN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def mutant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the datapath that counts replies as the opener's packets: one line is changed."""
    copy = tmp_path_factory.mktemp("mutant") / "bpf"
    shutil.copytree(ROOT / "bpf", copy)
    (found,) = [path for path in copy.rglob("*.h") if WRONG_LINE in path.read_text()]
    text = found.read_text()
    assert text.count(WRONG_LINE) == 1
    found.write_text(text.replace(WRONG_LINE, WRONG_LINE.replace("reply ?", "!reply ?")))
    return copy / "twinpath.bpf.c"
