"""What speaks for and against a clause: notes, claims, divergences, by family."""

from __future__ import annotations

from dataclasses import replace

from harness.conformance.evidence import Cell, Evidence, Status
from harness.conformance.witness import Witness
from harness.lockstep.engine import Lockstep
from harness.lockstep.session import Listener
from harness.reference import ModelReference
from harness.step import Scenario
from harness.subject import Subject
from model.clauses import CLAUSES
from model.domain.address import Family
from model.domain.packet import Outcome, Verdict
from tests.lockstep.world import Datapath, WrongDatapath, enters, leaves, scenario


def dropped(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


def shown(one: Scenario, datapath: Subject | None = None) -> Evidence:
    """What one scenario shows."""
    evidence = Evidence(tuple(CLAUSES), ("loader",))
    lockstep = Lockstep(ModelReference(), datapath or Datapath())
    Witness(lockstep, "loader", evidence, Listener(), lambda given: given.name).run([one])
    return evidence


def cell(evidence: Evidence, clause: str, family: Family = Family.IPV4) -> Cell:
    return evidence.cell(clause, "loader", family)


HANDSHAKE = replace(scenario(leaves(), enters()), name="handshake", path="handshake.yaml")


def test_a_claim_that_holds_is_a_hit_and_what_is_met_unclaimed_is_exercised() -> None:
    found = shown(replace(HANDSHAKE, clauses=("CT-1",), misses=("CT-5",)))
    assert cell(found, "CT-1") == Cell(hits={"handshake"}, met=1)
    assert cell(found, "CT-5") == Cell(misses={"handshake"})
    assert cell(found, "CT-11") == Cell(met=1)
    assert cell(found, "CT-11").status is Status.PASS
    assert cell(found, "CT-5").status is Status.NOT_EXERCISED


def test_nothing_is_said_of_a_family_that_no_packet_was_of() -> None:
    found = shown(replace(HANDSHAKE, clauses=("CT-1",), misses=("CT-5",)))
    assert cell(found, "CT-1", Family.IPV6) == Cell()
    assert cell(found, "CT-5", Family.IPV6) == Cell()
    assert found.status("CT-1") is Status.NOT_EXERCISED


def test_claims_that_do_not_hold_speak_against_their_clauses() -> None:
    found = shown(replace(HANDSHAKE, clauses=("CT-5", "CT-1"), misses=("CT-2",)))
    assert found.with_status(Status.FAIL) == ["CT-2", "CT-5"]
    assert not cell(found, "CT-1").hits


def test_a_divergence_speaks_against_the_clauses_of_its_step_alone() -> None:
    found = shown(replace(HANDSHAKE, clauses=("CT-1",)), WrongDatapath(2, dropped))
    assert found.failures("CT-2") == ["handshake"]
    assert found.failures("CT-11") == ["handshake"]
    assert found.status("CT-1") is Status.NOT_EXERCISED, "the flow was made by the step before"
    assert not cell(found, "CT-1").hits, "a scenario that diverges speaks for nothing"


def test_clauses_without_a_near_miss_are_named() -> None:
    found = shown(replace(HANDSHAKE, family=Family.IPV4, clauses=("CT-1", "PKT-2a")))
    assert found.status("PKT-2a") is Status.PASS
    assert "PKT-2a" in found.without_miss()
    assert "CT-5" not in found.without_miss()
