"""What was recorded of the shipped scenarios is what the specification says today.

The vectors come from another process on another day: so this also shows that a scenario's packets
and answers depend on nothing but its file.
"""

from __future__ import annotations

from harness.commands.model_only import CORPORA, VECTORS
from harness.sources import find_sources
from harness.vectors.check import check
from harness.vectors.vector import vector_path

SCENARIOS = CORPORA / "scenarios"
REMEDY = "if the change is meant: make vectors"


def test_every_shipped_scenario_agrees_with_its_vectors() -> None:
    scenarios = [one for source in find_sources([SCENARIOS]) for one in source.scenarios()]
    checked = check(scenarios, VECTORS, CORPORA)
    assert checked.packets > 3_000
    assert checked.mismatches == [], REMEDY
    assert checked.without_vectors == [], REMEDY


def test_no_vectors_are_left_of_scenarios_that_are_gone() -> None:
    kept = {vector_path(VECTORS, source.path, CORPORA) for source in find_sources([SCENARIOS])}
    assert set(VECTORS.rglob("*.json")) - kept == set(), REMEDY
