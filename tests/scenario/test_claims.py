"""`clauses:` and `misses:` of a scenario file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.error import FormatError
from harness.scenario.write import write_scenario
from tests.scenario.files import PING, load_text, scenario_text

STEP = f"- {{from: client, packet: '{PING}'}}\n"


def test_both_are_read_and_written(tmp_path: Path) -> None:
    text = scenario_text(STEP, "clauses: [CT-8, CT-1]\nmisses: [CT-8a]\n")
    (one,) = load_text(tmp_path, text)
    assert (one.clauses, one.misses) == (("CT-8", "CT-1"), ("CT-8a",))
    (again,) = load_text(tmp_path, write_scenario(one))
    assert (again.clauses, again.misses) == (one.clauses, one.misses)


def test_both_may_be_left_out(tmp_path: Path) -> None:
    (one,) = load_text(tmp_path, scenario_text(STEP))
    assert (one.clauses, one.misses) == ((), ())


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("misses: [CT-99]\n", "unknown clause 'CT-99'"),
        ("misses: CT-5\n", "expected a list"),
        ("clauses: [CT-5]\nmisses: [CT-6, CT-5]\n", "CT-5 is among the clauses too; keep one"),
    ],
)
def test_bad_claims(tmp_path: Path, head: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        load_text(tmp_path, scenario_text(STEP, head))
