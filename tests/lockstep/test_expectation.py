"""Three parties: author, model and datapath. Whoever stands alone is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.difference import ABSENT, Difference, Kind
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.step import EntryExpectation, Expectation, FieldExpectation, PacketStep
from harness.subject import Draw, Prediction
from model.domain.flow import Flow, Selection
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from tests.lockstep.world import WEB, Datapath, WrongDatapath, flow_key, leaves, scenario

RIGHT = Expectation(
    Verdict.PASS,
    Reason.NEW,
    (FieldExpectation("IP", "dst", "10.0.2.7"), FieldExpectation("TCP", "dport", 80)),
    (EntryExpectation(flow_key(), (("opener_packets", 1), ("established", False))),),
)


def expecting(expectation: Expectation) -> PacketStep:
    return replace(leaves(), expectation=expectation)


def diverge(lockstep: Lockstep, step: PacketStep) -> Divergence:
    (found,) = lockstep.run(scenario(step)).divergences
    return found


def dropping(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


class WrongModel(ModelReference):
    """A specification that drops everything."""

    def predict(self, packet: Packet, draw: Draw) -> Prediction:
        prediction = super().predict(packet, draw)
        return replace(prediction, outcome=replace(prediction.outcome, verdict=Verdict.DROP))


def test_a_right_expectation_is_agreement() -> None:
    assert Lockstep(ModelReference(), Datapath()).run(scenario(expecting(RIGHT))).divergences == []


@pytest.mark.parametrize(
    ("changes", "where", "field", "expected", "actual"),
    [
        ({"verdict": Verdict.DROP}, "", "verdict", Verdict.DROP, Verdict.PASS),
        (
            {"fields": (FieldExpectation("IP", "ttl", 63),)},
            "",
            "IP.ttl",
            63,
            64,
        ),
        (
            {"fields": (FieldExpectation("UDP", "dport", 80),)},
            "",
            "UDP.dport",
            80,
            ABSENT,
        ),
        (
            {"entries": (EntryExpectation(flow_key(), (("established", True),)),)},
            ": tcp 10.0.1.5:40000 -> 10.0.2.7:80",
            "established",
            True,
            False,
        ),
        (
            {"entries": (EntryExpectation(flow_key(9), (("service", 0),)),)},
            ": tcp 10.0.1.5:9 -> 10.0.2.7:80",
            "service",
            0,
            ABSENT,
        ),
    ],
    ids=["verdict", "field", "layer", "entry", "no such entry"],
)
def test_a_wrong_author_disagrees_with_both(
    changes: dict[str, object], where: str, field: str, expected: object, actual: object
) -> None:
    step = expecting(replace(RIGHT, **changes))  # type: ignore[arg-type]  # by name
    found = diverge(Lockstep(ModelReference(), Datapath()), step)
    assert found.differences == tuple(
        Difference(Kind.EXPECTATION, who + where, field, expected, actual)
        for who in ("model", "datapath")
    )


def test_a_wrong_reason_is_held_against_the_model() -> None:
    step = expecting(replace(RIGHT, reason=Reason.REPLY))
    found = diverge(Lockstep(ModelReference(), Datapath()), step)
    assert found.differences == (
        Difference(Kind.EXPECTATION, "model", "reason", Reason.REPLY, Reason.NEW),
    )


def test_an_entry_expected_to_be_absent() -> None:
    step = expecting(Expectation(entries=(EntryExpectation(flow_key(), None),)))
    found = diverge(Lockstep(ModelReference(), Datapath()), step)
    assert [one.where.partition(":")[0] for one in found.differences] == ["model", "datapath"]
    for one in found.differences:
        assert (one.field, one.expected) == ("entry", ABSENT)
        assert isinstance(one.actual, Flow)
    gone = expecting(Expectation(entries=(EntryExpectation(flow_key(9), None),)))
    assert Lockstep(ModelReference(), Datapath()).run(scenario(gone)).divergences == []


def test_an_entry_of_the_other_sort() -> None:
    key = flow_key(40000, WEB)
    wanted = EntryExpectation(key, (("opener_packets", 1),))
    step = replace(leaves(to=WEB), expectation=Expectation(entries=(wanted,)))
    found = diverge(Lockstep(ModelReference(), Datapath()), step)
    assert {(one.field, one.actual) for one in found.differences} == {("opener_packets", ABSENT)}
    right = EntryExpectation(key, (("service", 1),))
    step = replace(leaves(to=WEB), expectation=Expectation(entries=(right,)))
    lockstep = Lockstep(ModelReference(), Datapath())
    assert lockstep.run(scenario(step)).divergences == []
    assert isinstance(lockstep.subject.read(key), Selection)


def test_of_two_sides_that_differ_the_author_names_the_wrong_datapath() -> None:
    lockstep = Lockstep(ModelReference(), WrongDatapath(1, dropping))
    found = diverge(lockstep, expecting(RIGHT))
    assert found.differences == (
        Difference(Kind.VERDICT, "packet", "verdict", Verdict.PASS, Verdict.DROP),
        Difference(Kind.EXPECTATION, "datapath", "verdict", Verdict.PASS, Verdict.DROP),
    )


def test_of_two_sides_that_differ_the_author_names_the_wrong_model() -> None:
    found = diverge(Lockstep(WrongModel(), Datapath()), expecting(RIGHT))
    assert found.differences == (
        Difference(Kind.VERDICT, "packet", "verdict", Verdict.DROP, Verdict.PASS),
        Difference(Kind.EXPECTATION, "model", "verdict", Verdict.PASS, Verdict.DROP),
    )


def test_behind_a_fault_the_author_is_not_held_against_the_datapath() -> None:
    def faulty(_: Datapath, outcome: Outcome) -> Outcome:
        return replace(outcome, verdict=Verdict.DROP, fault="stale checksum")

    found = diverge(Lockstep(ModelReference(), WrongDatapath(1, faulty)), expecting(RIGHT))
    assert [one.kind for one in found.differences] == [Kind.FAULT]


def test_entries_that_the_author_expects_hold_for_a_side_that_is_right() -> None:
    lockstep = Lockstep(ModelReference(), WrongDatapath(1, dropping))
    found = diverge(lockstep, expecting(replace(RIGHT, verdict=None)))
    assert [one.kind for one in found.differences] == [Kind.VERDICT]
