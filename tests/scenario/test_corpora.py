"""The repository's own scenarios can be read, expect something, and miss no clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.load import load_scenarios
from harness.sources import find_sources
from harness.step import PacketStep
from model.clauses import CLAUSES

CORPORA = Path(__file__).parents[2] / "corpora"
FILES = [source.path for source in find_sources([CORPORA]) if not source.is_capture]


@pytest.fixture(scope="module")
def claimed() -> set[str]:
    """Every clause that a scenario claims to cover."""
    return {clause for file in FILES for one in load_scenarios(file) for clause in one.clauses}


def test_every_clause_has_a_scenario(claimed: set[str]) -> None:
    assert set(CLAUSES) - claimed == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CORPORA)))
def test_a_scenario_expects_something_and_has_its_own_name(file: Path) -> None:
    for scenario in load_scenarios(file):
        assert scenario.name.split("[")[0] == file.stem
        assert scenario.clauses or scenario.misses
        packets = [step for step in scenario.steps if isinstance(step, PacketStep)]
        assert any(step.expectation is not None for step in packets)
