"""Bad options of `twinpath fuzz` and `corpus` end in one line that says how to mend them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.main import run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fuzz", "--max-time", "soon"], "give one as in 90s, 5m or 2h"),
        (["fuzz", "--max-time", "0"], "give one as in 90s, 5m or 2h"),
        (["fuzz", "--max-steps", "0"], "--max-steps"),
        (["fuzz", "--workers", "0"], "--workers"),
        (["fuzz", "--seed", "x"], "--seed"),
        (["fuzz", "--loader", "both"], "--loader"),
        (["fuzz", "--focus", "CT-99"], "neither a clause"),
        (["fuzz", "--focus", "plain.txt"], "names no clause"),
        (["fuzz", "--focus", "binary"], "cannot be read as text"),
        (["fuzz", "--object", "none.c"], "there is no such file"),
        (["fuzz", "--corpus", "plain.txt", "--max-steps", "1"], "is no folder to write to"),
        (["fuzz", "--dask", "tcp://127.0.0.1:1", "--max-steps", "1"], "no scheduler answers"),
        (["corpus", "minimise", "nowhere"], "holds no campaign"),
        (["corpus", "merge", "new", "nowhere"], "holds no campaign"),
        (["corpus", "import", "new", "nowhere"], "there is no such file"),
    ],
)
def test_a_bad_option_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.fuzz.pool.dask.CONNECT_SECONDS", "1s", raising=False)
    (tmp_path / "plain.txt").write_text("no clause in here")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert run(arguments) == 4
    shown = capsys.readouterr().err.strip()
    assert words in shown
    assert len(shown.splitlines()) == 1
