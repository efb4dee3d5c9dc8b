"""What the shipped scenarios claim, and what the model notes of them; no datapath is needed."""

from __future__ import annotations

import pytest

from harness.commands.conform import SCENARIOS, name_of
from harness.conformance.evidence import Evidence
from harness.conformance.witness import Witness
from harness.lockstep.claims import is_about
from harness.lockstep.engine import Lockstep
from harness.lockstep.session import Listener
from harness.reference import ModelReference
from harness.sources import find_sources
from harness.step import Scenario
from model.clauses import CLAUSES
from model.domain.limits import UNLIMITED
from tests.lockstep.world import Datapath


@pytest.fixture(scope="package")
def shipped() -> list[Scenario]:
    """Every scenario that ships."""
    return [one for source in find_sources([SCENARIOS]) for one in source.scenarios()]


@pytest.fixture(scope="package")
def evidence(shipped: list[Scenario]) -> Evidence:
    """What the shipped scenarios show of the model itself, held against a second one.

    Those of tables that evict are left out: the specification evicts nothing.
    """
    kept = [one for one in shipped if one.limits == UNLIMITED or one.limits.refuse]
    found = Evidence(tuple(CLAUSES), ("model",))
    lockstep = Lockstep(ModelReference(), Datapath())
    Witness(lockstep, "model", found, Listener(), name_of).run(kept)
    return found


@pytest.fixture(scope="package")
def claims(shipped: list[Scenario]) -> dict[str, dict[str, list[str]]]:
    """For each clause the files that claim to hit it and to come near, in order of name."""
    found = {clause: {"hits": set[str](), "misses": set[str]()} for clause in CLAUSES}
    for one in shipped:
        for kind, clauses in (("hits", one.clauses), ("misses", one.misses)):
            for clause in clauses:
                if is_about(clause, one.family):
                    found[clause][kind].add(name_of(one))
    return {
        clause: {kind: sorted(names) for kind, names in kinds.items()}
        for clause, kinds in found.items()
    }
