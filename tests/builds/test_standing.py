"""A build in the reference's place: what it did is what had to happen."""

from __future__ import annotations

from dataclasses import replace

from harness.builds.generated import generated
from harness.builds.settled import Settlements, settled
from harness.builds.standing import StandingReference
from harness.compare.difference import Kind
from harness.lockstep.engine import Lockstep
from harness.step import Scenario
from harness.subject import Refused
from model.domain.limits import Limits
from model.domain.operation import PutService
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.service import Algorithm
from tests.lockstep.world import LOTTERY, Datapath, enters, leaves, scenario


def builds(old: Datapath, new: Datapath) -> Lockstep:
    return Lockstep(StandingReference(old, "old"), new, interval=1)


class DropsReplies(Datapath):
    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        return replace(outcome, verdict=Verdict.DROP) if packet == enters().packet else outcome


class Refuses(Datapath):
    def process(self, packet: Packet) -> Outcome | Refused:  # type: ignore[override]  # may refuse
        return Refused("EINVAL") if packet == enters().packet else super().process(packet)


def test_equal_builds_agree_and_their_reasons_are_counted() -> None:
    result = builds(Datapath(), Datapath()).run(scenario(leaves(), enters()))
    assert not result.divergences
    assert result.packets == 2
    assert result.reasons == {"new": 1, "reply": 1}


def test_what_only_the_new_build_does_is_found_and_says_who_is_who() -> None:
    (found,) = builds(Datapath(), DropsReplies()).run(scenario(leaves(), enters())).divergences
    assert (found.index, found.differences[0].kind) == (1, Kind.VERDICT)
    assert (found.reference, found.subject) == ("old", "datapath")
    assert found.prediction is not None
    assert found.prediction.reason is Reason.REPLY


def test_a_packet_that_only_the_old_build_refuses_is_a_difference() -> None:
    (found,) = builds(Refuses(), Datapath()).run(scenario(leaves(), enters())).divergences
    assert found.differences[0].kind is Kind.FAULT
    assert found.differences[0].expected == "refused by the kernel: EINVAL"


def test_states_differ_at_the_next_whole_comparison() -> None:
    class Forgets(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            self.tables.conntrack.clear()
            return outcome

    (found,) = builds(Datapath(), Forgets()).run(scenario(leaves())).divergences
    assert found.differences[0].kind is Kind.ENTRY


def test_random_is_compared_as_maglev_and_counted() -> None:
    settlements = Settlements()
    given = settled(scenario(leaves(to=LOTTERY)), settlements)
    assert given is not None
    services = [one.service for one in given.topology if isinstance(one, PutService)]
    assert [one.algorithm for one in services] == [Algorithm.MAGLEV] * 2
    assert (settlements.services, settlements.left_out) == (1, 0)


def test_tables_that_evict_are_left_out_and_counted() -> None:
    settlements = Settlements()
    assert settled(replace(scenario(), limits=Limits(conntrack=2)), settlements) is None
    assert settlements.left_out == 1


def test_generated_scenarios_follow_from_their_seed() -> None:
    def first(seed: int) -> Scenario:
        return next(generated(seed, 40))

    assert first(3) == first(3)
    assert first(3) != first(4)
    assert len(tuple(first(3).steps)) == 40
