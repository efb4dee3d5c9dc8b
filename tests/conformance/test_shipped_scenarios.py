"""The scenarios that ship speak for every clause: one that hits it and one that nearly does."""

from __future__ import annotations

import pytest

from harness.conformance.evidence import Evidence, Status
from model.clauses import CLAUSES, NOT_NOTED


def test_no_claim_fails(evidence: Evidence) -> None:
    assert {
        clause: evidence.failures(clause) for clause in CLAUSES if evidence.failures(clause)
    } == {}


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_has_a_hit_and_a_miss_in_each_family(evidence: Evidence, clause: str) -> None:
    assert evidence.status(clause) is Status.PASS
    for cell in evidence.cells_of(clause):
        assert cell.hits
        assert cell.misses


def test_the_model_notes_every_clause_but_those_that_no_note_can_tell(evidence: Evidence) -> None:
    noted = {clause for (clause, _, _), cell in evidence.cells.items() if cell.met}
    assert set(CLAUSES) - noted == set(NOT_NOTED)
