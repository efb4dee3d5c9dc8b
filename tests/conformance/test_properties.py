"""Tests that are evidence: found by their mark without being imported, and run where asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.conformance.properties import Property, find_properties, run_properties
from harness.errors import UserError

TESTS = """\
import pytest

@pytest.mark.clause(hits=["CT-1"], misses=["CT-5", "CT-6"])
@pytest.mark.parametrize("number", [1, 2])
def test_holds(number):
    assert number

@pytest.mark.clause(hits=["CT-2"])
@pytest.mark.parametrize("number", [1, 0, 2])
def test_breaks(number):
    assert number

@pytest.mark.clause(hits=["CT-3"])
def test_is_left_out():
    pytest.skip("not here")

def test_of_no_clause():
    raise AssertionError
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one file of tests."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(TESTS)
    settings = "[pytest]\nmarkers = clause(hits, misses): as in pyproject.toml\n"
    (tmp_path / "pytest.ini").write_text(settings)
    return tmp_path


def test_marks_are_found_in_order(repository: Path) -> None:
    assert find_properties(repository) == [
        Property("tests/test_some.py::test_holds", ("CT-1",), ("CT-5", "CT-6")),
        Property("tests/test_some.py::test_breaks", ("CT-2",), ()),
        Property("tests/test_some.py::test_is_left_out", ("CT-3",), ()),
    ]


def test_where_there_are_no_tests_there_are_no_properties(tmp_path: Path) -> None:
    assert find_properties(tmp_path) == []


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ('hits=["CT-99"]', "there is no clause 'CT-99'"),
        ('"CT-1"', "the mark is not understood"),
        ('hit=["CT-1"]', "the mark is not understood"),
        ("hits=IDS", "the mark is not a list of ids"),
        ("hits=5", "the mark is not a list of ids"),
    ],
)
def test_a_mark_that_is_wrong_is_told_in_a_line(tmp_path: Path, mark: str, problem: str) -> None:
    (tmp_path / "tests").mkdir()
    text = f"import pytest\n\n@pytest.mark.clause({mark})\ndef test_one():\n    assert True\n"
    (tmp_path / "tests" / "test_one.py").write_text(text)
    with pytest.raises(
        UserError, match=rf"^tests/test_one\.py::test_one: {problem}; write "
    ) as told:
        find_properties(tmp_path)
    assert "\n" not in str(told.value)


def test_a_property_has_the_outcome_of_its_worst_case(repository: Path) -> None:
    assert run_properties(find_properties(repository), repository) == {
        "tests/test_some.py::test_holds": "passed",
        "tests/test_some.py::test_breaks": "failed",
        "tests/test_some.py::test_is_left_out": "skipped",
    }
