"""Many scenarios on one datapath: sums, what stops a run, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.errors import NothingToCompareError, UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.step import OperationStep, Scenario, Step
from harness.subject import Refused
from model.domain.operation import RemoveService
from model.domain.packet import Outcome, Verdict
from tests.lockstep.world import LOTTERY, Datapath, WrongDatapath, enters, leaves, scenario


def named(name: str, *steps: Step) -> Scenario:
    return replace(scenario(*steps), name=name, path=f"{name}.yaml")


def dropped(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


GOOD = named("good", leaves(), enters())
SHORT = named("short", leaves())
BAD = named("bad", leaves(), OperationStep((RemoveService(9),), "bad.yaml:7"), enters())


def session(datapath: Datapath | None = None, listener: Listener | None = None) -> Session:
    return Session(Lockstep(ModelReference(), datapath or Datapath()), listener or Listener())


def test_sums_over_scenarios() -> None:
    done: list[tuple[str, int]] = []
    here = session(
        listener=Listener(done=lambda one, result: done.append((one.name, result.steps)))
    )
    total = here.run([GOOD, SHORT, named("lottery", leaves(to=LOTTERY))])
    assert (total.scenarios, total.steps, total.packets) == (3, 4, 4)
    assert total.reasons == {"new": 3, "reply": 1}
    assert done == [("good", 2), ("short", 1), ("lottery", 1)]
    assert total.clauses == {**total.clauses, "CT-2": 4, "LB-3c": 1}
    assert total.ways.total() == 4
    assert here.covered["LB-3c"] == {"lottery"}
    assert here.covered["CT-2"] == {"good", "short", "lottery"}
    assert not here.interrupted


def test_near_misses_and_evictions_are_summed() -> None:
    here = session()
    here.run([replace(GOOD, misses=("CT-5", "CT-12")), replace(SHORT, misses=("CT-12",))])
    assert here.total.misses == {"CT-5": 1, "CT-12": 2}
    here.total.add(RunResult(evicted=2))
    here.total.add(RunResult(evicted=1))
    assert here.total.evicted == 3


def test_divergences_are_told_at_once_and_the_rest_is_run() -> None:
    found: list[Divergence] = []
    here = session(WrongDatapath(2, dropped), Listener(found=found.append))
    total = here.run([GOOD, SHORT, named("again", leaves(), enters())])
    assert [one.scenario.name for one in found] == ["good", "again"]
    assert total.divergences == found
    assert total.scenarios == 3


def test_fail_fast_ends_behind_the_first_divergence() -> None:
    here = session(WrongDatapath(2, dropped))
    total = here.run([SHORT, GOOD, SHORT], fail_fast=True)
    assert (total.scenarios, len(total.divergences)) == (2, 1)


def test_refused_packets_are_summed() -> None:
    here = session(WrongDatapath(1, lambda _, __: Refused("EINVAL")))
    total = here.run([SHORT, SHORT])
    assert total.refused == {"EINVAL": 2}
    assert total.packets == 0


def test_a_scenario_that_cannot_be_carried_out_does_not_stop_the_others() -> None:
    failed: list[tuple[str, str]] = []
    done: list[str] = []
    here = session(
        listener=Listener(
            failed=lambda one, error: failed.append((one.name, str(error))),
            done=lambda one, _: done.append(one.name),
        )
    )
    total = here.run([GOOD, BAD, SHORT])
    ((name, error),) = failed
    assert name == "bad"
    assert error.startswith("bad.yaml:7: ")
    assert done == ["good", "short"]
    assert total.failures == 1
    assert (total.scenarios, total.packets) == (3, 4), "the packet before the error counts"


def test_a_capture_that_is_damaged_half_way_does_not_stop_the_others() -> None:
    def damaged() -> Iterator[Step]:
        yield leaves()
        raise UserError("x.pcap: record 2 at byte 94: longer than the file")

    here = session()
    total = here.run([replace(GOOD, steps=damaged()), SHORT])
    assert (total.failures, total.packets) == (1, 2)


def test_fail_fast_ends_behind_a_scenario_that_cannot_be_carried_out() -> None:
    here = session()
    assert here.run([BAD, SHORT], fail_fast=True).scenarios == 1


def test_what_makes_every_comparison_impossible_ends_the_run() -> None:
    class Denied(Datapath):
        def process(self, packet: object) -> Outcome:
            raise NothingToCompareError("the right was taken away")

    with pytest.raises(NothingToCompareError):
        session(Denied()).run([GOOD, SHORT])


def test_progress_names_the_scenario() -> None:
    told: list[tuple[str, int]] = []
    here = session(listener=Listener(progress=lambda one, steps: told.append((one.name, steps))))
    here.run([GOOD, SHORT])
    assert told == [("good", 1), ("good", 2), ("short", 1)]


def test_an_interrupted_run_keeps_what_it_has_compared() -> None:
    def interrupted() -> Iterator[Step]:
        yield leaves()
        yield enters()
        raise KeyboardInterrupt

    here = session()
    total = here.run([SHORT, replace(GOOD, steps=interrupted()), SHORT])
    assert here.interrupted
    assert (total.scenarios, total.steps, total.packets) == (2, 3, 3)
    assert total.seconds > 0
    assert isinstance(total, RunResult)
