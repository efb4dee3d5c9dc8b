"""Calls into the kernel that fail: what that may cost a packet (PKT-10, CT-12c)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from harness.compare.difference import Kind
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import RunResult
from harness.lockstep.session import Session
from harness.reference import ModelReference
from harness.report.divergence import lines
from harness.step import Expectation, PacketStep
from harness.subject import FailedCall, Refused
from model.domain.failure import Failure
from model.domain.packet import Outcome, Packet
from model.domain.reason import Reason
from tests.lockstep.world import WEB, Datapath, enters, flow_key, leaves, scenario

CALLS: Final = ("change", "record", "record")
"""What each packet of the datapath below asks of the kernel, in order."""

MEANING: Final[dict[str, tuple[Failure | None, ...]]] = {
    "change": (Failure.PACKET, None),
    "record": (Failure.ENTRY, Failure.SECOND_ENTRY, Failure.MEMORY),
}


def test_of_the_specification_as_a_datapath_each_thing_is_refused_that_it_asks_for() -> None:
    """A direct flow's packets are not changed; its one entry is the first and the last."""
    result = run(Datapath(), leaves(), enters())
    assert result.divergences == []
    assert result.failed_calls == {"entry": 1, "second entry": 1}


class Asking(Datapath):
    """Makes CALLS for each packet; `failures` is what each of them means to it when it fails."""

    def __init__(self, *failures: Failure | None) -> None:
        super().__init__()
        self.failures = failures

    def process_failing(  # type: ignore[override]  # the specification calls nobody
        self, packet: Packet, number: int
    ) -> tuple[Outcome | Refused, FailedCall | None]:
        if number > len(CALLS):
            return self.process(packet), None
        prediction = self.predict_failing(packet, lambda _: 0, self.failures[number - 1])
        self.commit(prediction)
        name = CALLS[number - 1]
        return prediction.outcome, FailedCall(name, number, MEANING[name])


def run(datapath: Datapath, *steps: PacketStep) -> RunResult:
    return Lockstep(ModelReference(), datapath).run(replace(scenario(*steps), failing_calls=True))


FAITHFUL = (Failure.PACKET, Failure.ENTRY, Failure.SECOND_ENTRY)


def test_each_packet_comes_once_for_each_call_and_once_more() -> None:
    expected = Expectation(reason=Reason.NEW)
    result = run(Asking(*FAITHFUL), replace(leaves(to=WEB), expectation=expected))
    assert result.divergences == []
    assert result.packets == len(CALLS) + 1
    assert result.failed_calls == {"change": 1, "record": 2}
    assert result.reasons == {"rewrite_failed": 1, "conntrack_create_failed": 2, "new": 1}
    assert {"PKT-10", "CT-12c"} <= set(result.clauses)


def test_without_being_asked_no_call_fails() -> None:
    result = Lockstep(ModelReference(), Asking(*FAITHFUL)).run(scenario(leaves(to=WEB)))
    assert (result.packets, result.failed_calls.total()) == (1, 0)


def test_what_a_call_did_not_matter_to_goes_as_usual() -> None:
    result = run(Asking(None, Failure.MEMORY, Failure.ENTRY), leaves(to=WEB))
    assert result.divergences == []


@pytest.mark.parametrize(
    ("failures", "number"),
    [
        ((Failure.ENTRY, *FAITHFUL[1:]), 1),
        ((Failure.PACKET, Failure.PACKET, Failure.ENTRY), 2),
        ((Failure.PACKET, None, Failure.ENTRY), 2),
    ],
    ids=["another reason", "another reason for an entry", "passes all the same"],
)
def test_another_outcome_diverges_and_names_the_call(
    failures: tuple[Failure | None, ...], number: int
) -> None:
    (found,) = run(Asking(*failures), leaves(to=WEB)).divergences
    assert found.failed_call is not None
    assert (found.failed_call.number, found.failed_call.name) == (number, CALLS[number - 1])
    assert f"call {number} of those that can fail" in dict(lines(found))["failed"]


def test_an_entry_that_is_left_behind_diverges() -> None:
    class Careless(Asking):
        """Drops the packet, and keeps its flow."""

        def process_failing(  # type: ignore[override]  # as above
            self, packet: Packet, number: int
        ) -> tuple[Outcome | Refused, FailedCall | None]:
            if number == 1:
                recorded = dict(self.predict(packet, lambda _: 0).touched)
                key = flow_key(to=WEB)
                found = super().process_failing(packet, number)
                self.tables.conntrack[key] = recorded[key]  # type: ignore[assignment]  # an entry
                return found
            return super().process_failing(packet, number)

    (found,) = run(Careless(*FAITHFUL), leaves(to=WEB)).divergences
    assert found.failed_call is not None
    assert found.failed_call.number == 1
    assert found.differences[0].kind is Kind.ENTRY


def test_the_frame_of_a_packet_that_is_dropped_late_is_left_open() -> None:
    class Scribbling(Asking):
        """Leaves anything at all in frames that it drops."""

        def process_failing(  # type: ignore[override]  # as above
            self, packet: Packet, number: int
        ) -> tuple[Outcome | Refused, FailedCall | None]:
            outcome, call = super().process_failing(packet, number)
            assert isinstance(outcome, Outcome)
            spoilt = replace(outcome, data=bytes(20)) if call is not None else outcome
            return spoilt, call

    assert run(Scribbling(*FAITHFUL), leaves(to=WEB)).divergences == []
    reply = Asking(None, *FAITHFUL[1:])
    assert run(reply, leaves(to=WEB), enters()).divergences == []


def test_a_scenario_without_a_call_that_fails_says_nothing() -> None:
    class Sound(Datapath):
        """Has no call that can be made to fail."""

        def process_failing(self, packet: Packet, number: int) -> tuple[Outcome, None]:
            return self.process(packet), None

    session = Session(Lockstep(ModelReference(), Sound()))
    assert not session.run_one(replace(scenario(leaves()), failing_calls=True))
    assert session.total.failures == 1
    assert session.run_one(scenario(leaves()))
