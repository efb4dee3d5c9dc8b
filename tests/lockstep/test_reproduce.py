"""When two divergences are the same one: what differs first, and the clause it was decided by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.difference import Difference, Kind
from harness.lockstep.engine import Lockstep
from harness.lockstep.free_choice import FIRST
from harness.lockstep.reproduce import (
    MAXIMUM_STEPS,
    count_reproductions,
    deciding_clause,
    fields_of,
    is_long,
    runs_in,
    signature,
    up_to,
)
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.step import OperationStep, Scenario
from harness.subject import Prediction
from model.domain.operation import RemoveService
from model.domain.packet import Outcome, Verdict
from model.trace import Note
from tests.lockstep.world import Datapath, WrongDatapath, enters, leaves, scenario

STEPS = leaves(), enters(), leaves(flags="A")


def difference(field: str, kind: Kind = Kind.BYTES) -> Difference:
    return Difference(kind, "IP", field, 1, 2)


def divergence(*fields: str) -> Divergence:
    """A divergence of the second of three steps in these fields."""
    differences = tuple(map(difference, fields))
    return Divergence(scenario(*STEPS), "datapath", 1, STEPS[1], differences)


def decided_by(*clauses: str) -> Prediction:
    prediction = ModelReference().predict(leaves().packet, FIRST)
    return replace(prediction, notes=[Note(clause, "", ()) for clause in clauses])


def test_the_first_field_that_is_no_checksum_of_another_tells() -> None:
    assert signature(divergence("ttl", "dst")) == (Kind.BYTES, "ttl", "")
    assert signature(divergence("chksum", "ttl", "dst")) == (Kind.BYTES, "ttl", "")
    assert signature(divergence("chksum")) == (Kind.BYTES, "chksum", "")
    elsewhere = replace(
        divergence(), differences=(difference("chksum"), difference("mark", Kind.CONTEXT))
    )
    assert signature(elsewhere) == (Kind.BYTES, "chksum", "")


def test_places_within_bytes_are_left_out() -> None:
    assert signature(divergence("load byte 7")) == signature(divergence("load byte 12"))
    assert signature(divergence("load byte 7")) != signature(divergence("load length"))
    assert fields_of(divergence("chksum", "load byte 7", "ttl", "load byte 9")) == "load byte, ttl"


@pytest.mark.parametrize(
    ("clauses", "clause"),
    [
        (("CT-2", "POL-1", "CT-3", "NAT-1", "OBS-1"), "POL-1"),
        (("CT-3", "OBS-1"), "OBS-1"),
        ((), ""),
    ],
)
def test_the_last_clause_that_decides_tells(clauses: tuple[str, ...], clause: str) -> None:
    assert deciding_clause(decided_by(*clauses)) == clause
    assert signature(replace(divergence("ttl"), prediction=decided_by(*clauses))).clause == clause
    assert deciding_clause(None) == ""


def test_the_steps_behind_a_divergence_are_left_out() -> None:
    assert up_to(divergence("ttl")).scenario.steps == STEPS[:2]
    long = replace(divergence("ttl"), index=MAXIMUM_STEPS)
    assert is_long(long)
    assert up_to(long) is long
    assert not is_long(replace(long, index=MAXIMUM_STEPS - 1))


def dropped(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


def test_a_run_gives_its_first_divergence() -> None:
    run = runs_in(Lockstep(ModelReference(), WrongDatapath(2, dropped)))
    found = run(scenario(*STEPS))
    assert found is not None
    assert found.index == 1
    assert run(scenario(leaves())) is None
    assert run(scenario(*STEPS[:1], OperationStep((RemoveService(9),)))) is None


def test_only_the_same_divergence_counts_as_reproduced() -> None:
    wanted, another = divergence("ttl"), divergence("tos")
    answers = iter([wanted, None, another, wanted])

    def run(_: Scenario) -> Divergence | None:
        return next(answers)

    assert count_reproductions(run, wanted, tries=4) == 2
    with pytest.raises(StopIteration):
        next(answers)
