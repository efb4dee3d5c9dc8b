"""What a scenario claims is held against the notes of its run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import UserError
from harness.lockstep.claims import ClaimError, check_claims
from harness.lockstep.engine import Lockstep
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.step import ClockStep, CollectStep, OperationStep, Scenario
from model.domain.address import Family
from model.domain.configuration import SECOND
from model.domain.operation import RemoveEndpoint, RemoveService
from tests.lockstep.world import Datapath, enters, leaves, scenario

HANDSHAKE = replace(scenario(leaves(), enters()), name="handshake", path="handshake.yaml")


def test_claims_that_hold_are_no_matter() -> None:
    check_claims(replace(HANDSHAKE, clauses=("CT-1",), misses=("CT-5",)), {"CT-1", "CT-2"})


def test_every_claim_that_does_not_hold_is_named_in_one_line() -> None:
    claims = replace(HANDSHAKE, clauses=("CT-1", "CT-3", "CT-4"), misses=("CT-2", "CT-5"))
    with pytest.raises(ClaimError) as told:
        check_claims(claims, {"CT-1", "CT-2"})
    assert str(told.value) == (
        "handshake.yaml: handshake claims CT-3, CT-4, which nothing in it meets and is to miss "
        "CT-2, which it meets; mend its packets or its claims"
    )
    assert told.value.clauses == ("CT-3", "CT-4", "CT-2")


def test_what_no_note_can_tell_is_left_to_expectations() -> None:
    check_claims(replace(HANDSHAKE, clauses=("OBS-1",)), set())


@pytest.mark.parametrize("family", [Family.IPV6, None])
def test_a_clause_of_one_family_is_claimed_for_that_one(family: Family | None) -> None:
    """And in a scenario of both, which can meet it."""
    both = replace(HANDSHAKE, clauses=("PKT-8a",))
    check_claims(replace(both, family=Family.IPV4), set())
    with pytest.raises(ClaimError):
        check_claims(replace(both, family=family), set())


def failures(one: Scenario) -> list[str]:
    """What a session says of a scenario."""
    told: list[str] = []
    listener = Listener(failed=lambda _, error: told.append(str(error)))
    total = Session(Lockstep(ModelReference(), Datapath()), listener).run([one])
    assert total.failures == len(told)
    return told


def test_a_run_holds_claims_against_packets() -> None:
    assert failures(replace(HANDSHAKE, clauses=("CT-1", "CT-11"), misses=("CT-5",))) == []
    (problem,) = failures(replace(HANDSHAKE, misses=("CT-11",)))
    assert "is to miss CT-11" in problem


def test_transactions_and_the_collector_meet_clauses_too() -> None:
    removed = OperationStep((RemoveService(1),), "handshake.yaml:9")
    quiet = replace(scenario(removed, CollectStep()), misses=("POL-5a", "CT-4"))
    assert failures(quiet) == []
    gone = OperationStep((RemoveEndpoint(1),), "handshake.yaml:9")
    through = scenario(leaves(), ClockStep(100 * SECOND), CollectStep(), gone)
    assert failures(replace(through, clauses=("POL-5a", "CT-4"))) == []
    assert issubclass(ClaimError, UserError)
