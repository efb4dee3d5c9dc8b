"""`python -m harness.vectors` records what the datapath in the kernel does."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from harness.vectors import __main__ as command
from harness.vectors.vector import read_vectors
from tests.vectors.test_vectors import LOTTERY, SCENARIO


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop.yaml").write_text(SCENARIO)
    (tmp_path / "lottery.yaml").write_text(LOTTERY)
    monkeypatch.setattr(command, "CORPORA", tmp_path)
    monkeypatch.setattr(command, "VECTORS", tmp_path / "vectors")
    return tmp_path


def test_it_records_and_says_how_much(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(root)]) == ExitCode.AGREEMENT
    assert capsys.readouterr().out == f"6 packets recorded below {root}/vectors\n"
    vectors = read_vectors(root / "vectors" / "lottery.json")["lottery"]
    assert all(one.draw in {0, 1} for one in vectors)


def test_what_diverges_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = SCENARIO.replace(
        "from: client, packet", "from: client, expect: {reason: reply}, packet"
    )
    (root / "wrong.yaml").write_text(wrong)
    assert command.main([str(root)]) == ExitCode.DIVERGENCE
    assert capsys.readouterr().err == (
        f"twinpath: {root}/wrong.yaml: diverges; its vectors stay as they are\n"
    )


def test_bad_input_is_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(root / "nothing")]) == ExitCode.USAGE
    assert capsys.readouterr().err.count("\n") == 1
