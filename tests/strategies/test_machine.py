"""The state machine over both sides: agrees with what is right, finds what is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from harness.datapath.bench import Bench
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.strategies.machine import lockstep_machine
from harness.subject import Subject
from model.domain.flow import Flow
from model.domain.packet import Outcome, Packet
from tests.lockstep.world import Datapath

FEW = settings(
    max_examples=60,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


def check(subject: Subject, *phases: Phase) -> None:
    machine = lockstep_machine(Lockstep(ModelReference(), subject))
    profile = settings(FEW, phases=phases) if phases else FEW
    run_state_machine_as_test(machine, settings=profile)


def test_the_datapath_agrees_with_the_specification(bench: Bench) -> None:
    check(bench.open())


def test_a_wrong_datapath_is_found_and_the_step_is_named() -> None:
    class CountsTwice(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            for flow in self.tables.conntrack.values():
                if isinstance(flow, Flow) and flow.opener_packets + flow.reply_packets == 2:
                    flow.opener_packets += 1
            return outcome

    with pytest.raises(
        AssertionError, match=r"entry opener_packets of .*: expected (1|2), got (2|3)"
    ):
        check(CountsTwice(), Phase.generate)


def test_what_only_whole_states_show_is_found_at_the_end() -> None:
    class Litters(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            self.tables.event_window.suppressed += 1
            return outcome

    with pytest.raises(AssertionError, match="event window"):
        check(Litters(), Phase.generate)
