"""What is generated reaches all that a packet can meet, and is the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from harness.datapath.bench import Bench
from harness.fuzz.explorer import Explorer
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm, draw_swarm
from harness.fuzz.generate.topology import draw_topology
from harness.fuzz.knowledge import Knowledge
from harness.fuzz.settings import ROUND_STEPS, Settings
from harness.fuzz.tally import Tally
from harness.fuzz.traffic.stream import Stream
from harness.fuzz.wire import WireError, read_case, write_case
from harness.step import START_CLOCK, Scenario, Step

ROUNDS = 90
OUT_OF_REACH = {"rewrite_failed"}
"""What only the kernel's refusal brings about."""


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    """What some rounds have reached; each knows what those before it have found."""
    total = Tally()
    with Bench() as bench:
        explorer = Explorer(bench, Settings(seed=6, guided=False))
        for number in range(ROUNDS):
            done = explorer.carry_out(number, ROUND_STEPS)
            assert done.walked.divergence is None, done.walked.divergence
            total.add(done.walked.tally)
            cases = [done.case] if done.case else []
            explorer.learn(Knowledge(cases, sorted(done.features)))
        yield total


def test_every_verdict_and_reason_is_reached(tally: Tally) -> None:
    missing = tally.vacuous()
    assert missing["verdicts"] == []
    assert set(missing["reasons"]) <= OUT_OF_REACH


def test_nearly_every_clause_is_reached(tally: Tally) -> None:
    assert len(tally.vacuous()["clauses"]) <= 8, tally.vacuous()["clauses"]


def test_connections_go_through_their_whole_life(tally: Tally) -> None:
    states = ("absent", "opening", "established", "opener closing", "closed", "opening")
    for before, after in pairwise(states):
        assert tally.transitions[f"{before} > {after}"] > 0, (before, after)


def test_hardly_a_round_is_lost_to_operations_that_are_refused(tally: Tally) -> None:
    assert tally.failures <= ROUNDS // 10


def test_what_was_not_reached_is_said() -> None:
    tally = Tally()
    tally.clauses["CT-2"] = 1
    tally.reasons["new"] = 1
    missing = tally.vacuous()
    assert "CT-3" in missing["clauses"]
    assert "CT-2" not in missing["clauses"]
    assert "reply" in missing["reasons"]
    assert missing["verdicts"] == ["pass", "drop", "redirect"]


def steps_of(seed: int, number: int, count: int = 60) -> Scenario:
    """The first steps of a round in which nothing is heard of what becomes of them."""
    dice = Dice(seed, number)
    swarm = draw_swarm(dice)
    topology = draw_topology(dice, swarm)
    stream = Stream(dice, swarm, topology)
    steps: list[Step] = [stream.next_step(START_CLOCK) for _ in range(count)]
    return Scenario("case", "case", topology, tuple(steps))


def test_a_round_is_settled_by_seed_and_number() -> None:
    assert steps_of(1, 2) == steps_of(1, 2)
    assert steps_of(1, 2).topology != steps_of(1, 3).topology != steps_of(2, 2).topology


@pytest.mark.parametrize("number", range(12))
def test_a_case_is_the_same_after_the_wire(number: int) -> None:
    case = steps_of(5, number)
    assert read_case(write_case(case.topology, tuple(case.steps))) == case


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"topology": [], "steps": [[0]]}', "nonsense"])
def test_what_is_no_case_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="is no case of a campaign"):
        read_case(text)


def test_a_round_leaves_features_out() -> None:
    swarms = [draw_swarm(Dice(1, number)) for number in range(50)]
    assert len(set(swarms)) == 50
    assert all(any(feature not in swarm for swarm in swarms) for feature in Feature)
    assert all(any(feature in swarm for swarm in swarms) for feature in Feature)


def test_wanted_features_are_nearly_always_there() -> None:
    wanted: Swarm = frozenset({Feature.TRACES, Feature.RANDOM})
    hits = [wanted <= draw_swarm(Dice(1, number), wanted) for number in range(100)]
    assert sum(hits) > 60


def test_numbers_of_a_tally_survive_json() -> None:
    tally = replace(Tally(), steps=7)
    tally.reasons["new"] = 3
    assert Tally.from_object(tally.as_object()) == tally
    with pytest.raises(WireError, match="statistics lack"):
        Tally.from_object({"rounds": 1})
