"""A divergence is made short, stays the same divergence, and is run again to be sure of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.difference import Kind
from harness.frames.parse import parse_frame
from harness.lockstep.engine import Lockstep
from harness.lockstep.extract import related_steps
from harness.lockstep.reproduce import MAXIMUM_STEPS, count_reproductions, runs_in, signature
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.shrink import search
from harness.shrink.shrink import shrink_in
from harness.step import (
    ClockStep,
    CollectStep,
    Expectation,
    OperationStep,
    PacketStep,
    Scenario,
    Step,
)
from harness.subject import Subject
from model.domain.configuration import SECOND
from model.domain.flow import Flow
from model.domain.operation import PutEntry, PutService, RemoveService
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.service import Algorithm
from tests.lockstep import world
from tests.lockstep.world import (
    TOPOLOGY,
    Datapath,
    WrongDatapath,
    changed_flow,
    flow_key,
    scenario,
    service,
)


def leaves(port: int = 40000, flags: str = "S") -> PacketStep:
    return PacketStep(world.leaves(port, flags).packet)


def enters(port: int = 40000, flags: str = "SA") -> PacketStep:
    return PacketStep(world.enters(port, flags).packet)


class ForgetsFin(Datapath):
    """A reply's FIN is not noticed: seen by the entry only."""

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        flow = self.read(flow_key())
        if isinstance(flow, Flow) and flow.reply_closing:
            changed_flow(self, flow_key(), reply_closing=False)
        return outcome


NEEDED = (leaves(), enters(), enters(flags="FA"))


def among_others(count: int = 60) -> tuple[Step, ...]:
    """The three needed steps among others that have nothing to do with them."""
    steps: list[Step] = []
    for number in range(count - len(NEEDED)):
        if number % 10 == 9:
            steps.append(ClockStep(SECOND) if number % 20 == 9 else CollectStep())
        elif number % 2:
            steps.append(enters(50000 + number - 1))
        else:
            steps.append(leaves(50000 + number))
    for place, step in zip((7, 31, 50), NEEDED, strict=True):
        steps.insert(place, step)
    return tuple(steps)


def first_divergence(lockstep: Lockstep, given: Scenario) -> Divergence:
    (found,) = lockstep.run(given).divergences
    return found


def shorten(lockstep: Lockstep, divergence: Divergence) -> Divergence:
    return shrink_in(lockstep, divergence).divergence


FLAGS = {0x02: "S", 0x12: "SA", 0x10: "A", 0x11: "FA", 0x04: "R"}


def story(divergence: Divergence) -> list[str]:
    """The steps in short: flags and way of TCP packets, seconds that pass, the name of others."""
    words = []
    for step in divergence.scenario.steps:
        match step:
            case PacketStep(packet):
                headers = parse_frame(packet.data)
                assert headers is not None
                words.append(FLAGS[headers.tcp_flags] + "><"[packet.hook])
            case ClockStep(advance):
                words.append(f"{advance / SECOND:g}s")
            case _:
                words.append(type(step).__name__)
    return words


def with_datapath(subject: Subject) -> Lockstep:
    return Lockstep(ModelReference(), subject)


def test_three_needed_steps_among_sixty_are_found() -> None:
    lockstep = with_datapath(ForgetsFin())
    found = first_divergence(lockstep, scenario(*among_others()))
    assert found.index == 50
    shortest = shorten(lockstep, found)
    assert story(shortest) == ["S>", "R>"]
    assert signature(shortest) == signature(found) == (Kind.ENTRY, "reply_closing", "CT-5")
    assert shortest.index == 1


def test_steps_that_are_needed_stay() -> None:
    class ForgetsFinOfEstablished(ForgetsFin):
        """Only after a reply, and only with time passed since."""

        def process(self, packet: Packet) -> Outcome:
            before = self.read(flow_key())
            replied = isinstance(before, Flow) and before.reply_packets > 0
            late = isinstance(before, Flow) and self._machine.now > before.expires - 59 * SECOND
            if replied and late:
                return super().process(packet)
            return Datapath.process(self, packet)

    steps = [*among_others()]
    steps.insert(40, ClockStep(30 * SECOND))
    lockstep = with_datapath(ForgetsFinOfEstablished())
    shortest = shorten(lockstep, first_divergence(lockstep, scenario(*steps)))
    assert story(shortest) == ["S>", "S<", "2s", "R>"], "any reply, and the least round gap"


def test_steps_that_can_be_spared_once_others_are_gone_go_too() -> None:
    """A service cannot be removed that was never put; so the removal goes first."""
    put = OperationStep((PutService(service(3, "10.96.0.30", Algorithm.RANDOM)),))
    remove = OperationStep((RemoveService(3),))
    lockstep = with_datapath(ForgetsFin())
    given = scenario(put, NEEDED[0], remove, NEEDED[2])
    assert story(shorten(lockstep, first_divergence(lockstep, given))) == ["S>", "R>"]


def test_another_divergence_on_the_way_is_not_taken_for_it() -> None:
    class TwoFaults(ForgetsFin):
        """An answer without its flow is dropped: what is left when a SYN is left out."""

        def process(self, packet: Packet) -> Outcome:
            known = self.read(flow_key()) is not None
            outcome = super().process(packet)
            if packet == NEEDED[2].packet and not known:
                return replace(outcome, verdict=Verdict.DROP)
            return outcome

    lockstep = with_datapath(TwoFaults())
    shortest = shorten(lockstep, first_divergence(lockstep, scenario(*among_others())))
    assert signature(shortest) == (Kind.ENTRY, "reply_closing", "CT-5")
    assert story(shortest) == ["S>", "R>"]


def test_expectations_do_not_get_in_the_way() -> None:
    """They were right of the whole scenario; of a part of it they say nothing."""
    reply = Expectation(reason=Reason.REPLY)
    steps = [
        replace(step, expectation=reply) if step == enters() else step for step in among_others()
    ]
    steps[50] = replace(NEEDED[2], expectation=reply)
    lockstep = with_datapath(ForgetsFin())
    shortest = shorten(lockstep, first_divergence(lockstep, scenario(*steps)))
    assert story(shortest) == ["S>", "R>"]
    assert [one.kind for one in shortest.differences] == [Kind.ENTRY]


def test_what_the_author_said_of_the_first_run_stays_with_the_divergence() -> None:
    def dropped(_: Datapath, outcome: Outcome) -> Outcome:
        return replace(outcome, verdict=Verdict.DROP)

    expecting = replace(enters(), expectation=Expectation(Verdict.PASS, Reason.REPLY))
    lockstep = with_datapath(WrongDatapath(3, dropped))
    found = first_divergence(lockstep, scenario(leaves(), leaves(1), expecting))
    assert [(one.kind, one.where) for one in shorten(lockstep, found).differences] == [
        (Kind.VERDICT, "packet"),
        (Kind.EXPECTATION, "as written, datapath"),
    ]


def test_a_wrong_expectation_keeps_the_steps_that_it_was_written_for() -> None:
    steps = leaves(), enters(), replace(leaves(flags="A"), expectation=Expectation(Verdict.DROP))
    lockstep = with_datapath(Datapath())
    found = first_divergence(lockstep, scenario(leaves(9), *steps, leaves(8)))
    shortest = shorten(lockstep, found)
    assert shortest.scenario.steps == (leaves(9), *steps)
    assert [one.kind for one in shortest.differences] == [Kind.EXPECTATION] * 2


def test_a_difference_at_the_end_is_shortened_to_its_cause() -> None:
    class Litters(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            if packet == NEEDED[0].packet:
                self.tables.conntrack[flow_key(1)] = Flow(1)
            return outcome

    lockstep = with_datapath(Litters())
    found = first_divergence(lockstep, scenario(*(one for one in among_others(20))))
    assert found.step is None or isinstance(found.step, CollectStep)
    shortest = shorten(lockstep, found)
    assert [one for one in shortest.scenario.steps if one != CollectStep()] == [NEEDED[0]]


def test_what_cannot_be_shortened_stays_as_it_is() -> None:
    lockstep = with_datapath(ForgetsFin())
    found = first_divergence(lockstep, scenario(NEEDED[0], NEEDED[2]))
    assert story(shorten(lockstep, found)) == ["S>", "R>"]


class Counted(ForgetsFin):
    """Counts its runs."""

    runs = 0

    def reset(self) -> None:
        self.runs += 1
        super().reset()


def test_of_a_long_stream_the_last_steps_are_shortened() -> None:
    """All operations stay: a capture's endpoints come about on the way."""
    operations = OperationStep(TOPOLOGY), OperationStep((PutEntry(flow_key(7), Flow(1)),))
    filling = (ClockStep(1),) * MAXIMUM_STEPS
    stream = (operations[0], *filling, operations[1], *among_others())
    lockstep = with_datapath(ForgetsFin())
    shortest = shorten(lockstep, first_divergence(lockstep, scenario(*stream, topology=())))
    assert story(shortest) == ["S>", "R>"]


def test_of_a_long_stream_the_packets_of_the_same_flow_are_shortened() -> None:
    """However far back they are."""
    others: list[Step] = [ClockStep(1), leaves(1), ClockStep(1), enters(1)]
    filling = (*(others * (MAXIMUM_STEPS // 4)), CollectStep())
    lockstep = with_datapath(ForgetsFin())
    given = scenario(OperationStep(TOPOLOGY), NEEDED[0], *filling, NEEDED[2], topology=())
    found = first_divergence(lockstep, given)
    related = related_steps(lockstep, found)
    passed = ClockStep(MAXIMUM_STEPS // 2)
    assert related == [OperationStep(TOPOLOGY), NEEDED[0], passed, CollectStep(), NEEDED[2]]
    assert lockstep.observer is None
    shortest = shorten(lockstep, found)
    assert story(shortest) == ["S>", "R>"]


def test_a_long_stream_with_a_cause_far_back_elsewhere_stays_as_it_is() -> None:
    class FeelsAnotherFlow(Counted):
        """The FIN is forgotten only while there is a flow that it has nothing to do with."""

        def process(self, packet: Packet) -> Outcome:
            if self.read(flow_key(7)) is None:
                return Datapath.process(self, packet)
            return super().process(packet)

    filling = (ClockStep(1),) * MAXIMUM_STEPS
    datapath = FeelsAnotherFlow()
    lockstep = with_datapath(datapath)
    found = first_divergence(lockstep, scenario(leaves(7), *filling, NEEDED[0], NEEDED[2]))
    datapath.runs = 0
    assert shorten(lockstep, found) == found
    assert datapath.runs == 3, "related packets looked for and tried, the last steps tried"


def test_shortening_ends_where_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAXIMUM_RUNS", 5)
    datapath = Counted()
    lockstep = with_datapath(datapath)
    found = first_divergence(lockstep, scenario(*among_others()))
    datapath.runs = 0
    shortest = shorten(lockstep, found)
    assert datapath.runs == 6, "one to look for related packets, five to try"
    assert signature(shortest) == signature(found)


@pytest.mark.parametrize("tries", [1, 7])
def test_a_sure_divergence_comes_about_each_time(tries: int) -> None:
    lockstep = with_datapath(ForgetsFin())
    found = first_divergence(lockstep, scenario(*NEEDED))
    assert count_reproductions(runs_in(lockstep), found, tries) == tries


def test_a_divergence_that_comes_and_goes_is_counted_as_it_comes() -> None:
    class Sometimes(ForgetsFin):
        runs = 0

        def reset(self) -> None:
            self.runs += 1
            super().reset()

        def process(self, packet: Packet) -> Outcome:
            if self.runs % 3 == 1:
                return super().process(packet)
            return Datapath.process(self, packet)

    lockstep = with_datapath(Sometimes())
    found = first_divergence(lockstep, scenario(*NEEDED))
    assert count_reproductions(runs_in(lockstep), found, 9) == 3


def test_another_divergence_is_no_reproduction() -> None:
    class FirstFinThenVerdict(ForgetsFin):
        runs = 0

        def reset(self) -> None:
            self.runs += 1
            super().reset()

        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            return outcome if self.runs == 1 else replace(outcome, verdict=Verdict.DROP)

    lockstep = with_datapath(FirstFinThenVerdict())
    found = first_divergence(lockstep, scenario(*NEEDED))
    assert signature(found) == (Kind.ENTRY, "reply_closing", "CT-5")
    assert count_reproductions(runs_in(lockstep), found, 5) == 0
