"""A folder that others work in is told from one that a killed process has left."""

from __future__ import annotations

from pathlib import Path

from harness.scratch import in_use, is_in_use


def test_a_folder_is_in_use_as_long_as_anybody_works_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "divergences" / "unexamined"
    assert not is_in_use(folder)
    with in_use(folder):
        with in_use(folder):
            assert is_in_use(folder)
        assert is_in_use(folder)
    assert folder.is_dir()
    assert not is_in_use(folder)
