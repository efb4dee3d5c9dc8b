"""The program can be interrupted before it has begun."""

from __future__ import annotations

from typing import NoReturn

import pytest

from harness.commands import entry
from harness.commands.exit_codes import ExitCode


def interrupted(_name: str) -> NoReturn:
    raise KeyboardInterrupt


def test_ctrl_c_while_modules_are_imported_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "import_module", interrupted)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "twinpath: interrupted\n"


def test_it_runs_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["twinpath", "--help"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == ExitCode.AGREEMENT
    assert "lockstep" in capsys.readouterr().out
