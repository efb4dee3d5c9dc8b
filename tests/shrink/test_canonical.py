"""Different sequences that fail for one cause end in the same text; the text is the shortest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.commands.options import REPOSITORY
from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import runs_in, signature
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.scenario.write import write_scenario
from harness.shrink.shrink import shrink, shrink_in
from harness.sources import find_sources
from harness.step import PacketStep, Scenario
from harness.subject import StateKey, StateValue
from model.domain.configuration import SECOND
from model.domain.event import Hook
from model.domain.flow import Flow
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey
from tests.lockstep.world import Datapath
from tests.shrink.sequences import failing_sequence, fuzzed_sequence

SEEDS = range(12)


class ClosesLate(Datapath):
    """A flow that both ends have closed lives a second longer (CT-5)."""

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        now = self._machine.now
        flows = [entry for entry in self.tables.conntrack.values() if isinstance(entry, Flow)]
        for flow in flows:
            closed = flow.opener_closing and flow.reply_closing
            if closed and flow.expires == now + 10 * SECOND:
                flow.expires += SECOND
        return outcome


class DropsReplies(Datapath):
    """What passes as a reply is dropped (CT-2)."""

    def process(self, packet: Packet) -> Outcome:
        key = CounterKey(packet.hook, Reason.REPLY)
        before = self.read(key)
        outcome = super().process(packet)
        is_reply = self.read(key) != before
        return replace(outcome, verdict=Verdict.DROP) if is_reply else outcome


class Blind(Datapath):
    """Never tells of a counter: every packet differs."""

    def read(self, key: StateKey) -> StateValue | None:
        value = super().read(key)
        return value._replace(packets=0) if isinstance(value, Counter) else value


@pytest.fixture(scope="module")
def scenarios() -> Iterator[list[Scenario]]:
    folder = REPOSITORY / "corpora" / "scenarios" / "conntrack"
    yield [one for source in find_sources([folder]) for one in source.scenarios()]


@pytest.mark.parametrize(("side", "steps"), [(ClosesLate, 2), (DropsReplies, 2), (Blind, 1)])
def test_one_cause_ends_in_one_text(
    side: type[Datapath], steps: int, scenarios: list[Scenario]
) -> None:
    lockstep = Lockstep(ModelReference(), side())
    run = runs_in(lockstep)
    diverging = [one for one in scenarios if run(one) is not None]
    texts: dict[object, set[str]] = {}
    for seed in SEEDS:
        found = failing_sequence(seed, diverging, run)
        assert found is not None
        shrunk = shrink_in(lockstep, found)
        assert signature(shrunk.divergence) == signature(found)
        texts.setdefault(signature(found), set()).add(write_scenario(shrunk.scenario))
    assert all(len(same) == 1 for same in texts.values())
    assert min(text.count("packet:") for same in texts.values() for text in same) == steps


@pytest.mark.parametrize("side", [ClosesLate, DropsReplies])
def test_what_a_campaign_runs_into_ends_in_the_same_text(
    side: type[Datapath], scenarios: list[Scenario]
) -> None:
    """Whether the way there was a scenario's or made up, in tables of whatever the round has."""
    lockstep = Lockstep(ModelReference(), side())
    run = runs_in(lockstep)
    diverging = [one for one in scenarios if run(one) is not None]
    found = [failing_sequence(seed, diverging, run) for seed in range(4)]
    found += [fuzzed_sequence(seed, lockstep) for seed in range(8)]
    texts: dict[object, set[str]] = {}
    for divergence in found:
        assert divergence is not None
        shrunk = shrink_in(lockstep, divergence)
        texts.setdefault(signature(divergence), set()).add(write_scenario(shrunk.scenario))
    assert all(len(same) == 1 for same in texts.values()), texts


def test_the_interface_for_a_run_of_ones_own(scenarios: list[Scenario]) -> None:
    """`run` is all that it takes; runs and seconds are told."""
    lockstep = Lockstep(ModelReference(), ClosesLate())
    run = runs_in(lockstep)
    scenario = next(one for one in scenarios if run(one) is not None)
    found = run(scenario)
    assert found is not None
    calls: list[Scenario] = []

    def counted(one: Scenario) -> Divergence | None:
        calls.append(one)
        return run(one)

    shrunk = shrink(scenario, found, counted)
    assert shrunk.runs == len(calls) > 0
    assert shrunk.seconds > 0
    assert shrunk.scenario == shrunk.divergence.scenario
    again = run(shrunk.scenario)
    assert again is not None
    assert signature(again) == signature(found)


def test_bytes_that_are_no_packet_become_as_plain_as_can_be(scenarios: list[Scenario]) -> None:
    """A frame with a wrong version keeps that and loses what else is odd."""

    class PassesVersionFive(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            is_odd = packet.data[12:15] == b"\x08\x00\x57"
            return replace(outcome, verdict=Verdict.PASS) if is_odd else outcome

    headers = Headers(bytes((10, 0, 0, 1)), bytes((9, 9, 9, 9)), 6, 5, 6, tcp_flags=2, payload=90)
    frame = bytearray(build_frame(headers, Hook.FROM_CONTAINER, 10))
    frame[14] = 0x57
    frame[22] = 3
    packet = Packet(Hook.FROM_CONTAINER, 10, bytes(frame))
    lockstep = Lockstep(ModelReference(), PassesVersionFive())
    given = Scenario("odd", "odd", scenarios[0].topology, (PacketStep(packet),))
    (found,) = lockstep.run(given).divergences
    (step,) = shrink_in(lockstep, found).scenario.steps
    assert isinstance(step, PacketStep)
    assert len(step.packet.data) < len(frame)
    assert step.packet.data[14] == 0x57
    if len(step.packet.data) > 22:
        assert step.packet.data[22] == 64, "the usual time to live"
