"""coverage.py's side: lines and branches of a package, those of its definitions too."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from harness.coverage.branch import Branch
from harness.coverage.model import LEAVE, ModelWatch

SOURCE = """\
LIMIT = 3


def judge(number: int) -> str:
    if number > LIMIT:
        return "above"
    if number == LIMIT:
        number += 1
    for _ in range(number):
        number -= 1
    return "below"


class Box:
    def close(self, strict: bool) -> None:
        if strict:
            self.closed = True
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "watched_package"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A package."""\n')
    (folder / "judge.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("watched_package")]:
        del sys.modules[name]


@pytest.fixture
def judge(package: Path) -> ModuleType:
    """The module, imported before anyone watches."""
    return importlib.import_module("watched_package.judge")


def unreached(branches: tuple[Branch, ...]) -> list[tuple[int, str, str, str]]:
    return [(one.line, one.function, one.text, one.outcome) for one in branches if not one.reached]


def test_branches_are_told_by_the_text_of_the_line_that_comes_next(
    package: Path, judge: ModuleType
) -> None:
    watch = ModelWatch(package.parent, package)
    with watch.watching():
        assert judge.judge(2) == "below"
        judge.Box().close(True)
    coverage = watch.result()
    assert unreached(coverage.branches) == [
        (5, "judge", "if number > LIMIT:", 'return "above"'),
        (7, "judge", "if number == LIMIT:", "number += 1"),
        (16, "Box.close", "if strict:", LEAVE),
    ]
    assert len(coverage.branches) == 8


def test_definitions_that_ran_before_count_as_run(package: Path, judge: ModuleType) -> None:
    watch = ModelWatch(package.parent, package)
    with watch.watching():
        judge.judge(9)
    coverage = watch.result()
    (file,) = [file for file in coverage.files if file.file.endswith("judge.py")]
    assert file.file == "watched_package/judge.py"
    # Of 13 statements the constant, two functions, the class, the first test and its return.
    assert (file.lines, file.lines_reached) == (13, 6)


def test_what_happens_outside_is_not_counted(package: Path, judge: ModuleType) -> None:
    watch = ModelWatch(package.parent, package)
    judge.judge(2)
    assert not any(branch.reached for branch in watch.result().branches)


def test_the_source_view_has_the_page_that_is_told(
    package: Path, judge: ModuleType, tmp_path: Path
) -> None:
    watch = ModelWatch(package.parent, package)
    with watch.watching():
        judge.judge(2)
    (page,) = [file.page for file in watch.result().files if file.file.endswith("judge.py")]
    watch.write_html(tmp_path / "html")
    assert "above" in (tmp_path / "html" / page).read_text()
