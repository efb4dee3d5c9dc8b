"""The engine drives both sides through the same steps and stops where they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.compare.difference import Kind
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import START_CLOCK, ClockStep, CollectStep, OperationStep, PacketStep, Step
from harness.subject import OperationError, Prediction, Refused
from model.domain.configuration import SECOND
from model.domain.event import Hook
from model.domain.operation import Operation, PutEntry, RemoveEndpoint, RemoveService
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.reason import Reason
from model.domain.state import Counter, CounterKey
from tests.lockstep.world import (
    LOTTERY,
    WEB,
    Datapath,
    WrongDatapath,
    changed_flow,
    enters,
    first_fragment,
    flow_key,
    leaves,
    scenario,
)

LONG_LIFE: tuple[Step, ...] = (
    leaves(),
    enters(),
    leaves(flags="A"),
    leaves(40001, to=WEB),
    leaves(40002, to=LOTTERY),
    first_fragment(),
    OperationStep((RemoveService(1),)),
    leaves(40001, "A", to=WEB),
    ClockStep(100 * SECOND),
    CollectStep(),
    leaves(flags="FA"),
)


def dropped(_: Datapath, outcome: Outcome) -> Outcome:
    return replace(outcome, verdict=Verdict.DROP)


def refused(_: Datapath, outcome: Outcome) -> Refused:
    del outcome
    return Refused("EINVAL")


def test_two_models_agree_on_everything() -> None:
    result = Lockstep(ModelReference(), Datapath()).run(scenario(*LONG_LIFE))
    assert result.divergences == []
    assert (result.scenarios, result.steps, result.packets) == (1, 11, 8)
    assert result.reasons == {"new": 5, "reply": 1, "established": 2}
    assert result.clauses["LB-3c"] == 1
    assert not result.refused


@pytest.mark.parametrize("packet", range(1, 9))
def test_a_wrong_packet_is_found_at_its_step_and_ends_the_scenario(packet: int) -> None:
    datapath = WrongDatapath(packet, dropped)
    result = Lockstep(ModelReference(), datapath).run(scenario(*LONG_LIFE))
    (found,) = result.divergences
    places = [place for place, step in enumerate(LONG_LIFE) if isinstance(step, PacketStep)]
    index = places[packet - 1]
    assert (found.index, found.step) == (index, LONG_LIFE[index])
    assert result.steps == index + 1
    assert datapath.packets == packet
    assert result.packets == packet
    assert result.reasons.total() == packet - 1
    assert found.outcome is not None
    assert found.outcome.verdict is Verdict.DROP
    assert found.prediction is not None
    assert found.prediction.outcome.verdict is Verdict.PASS
    assert found.subject == "datapath"


def test_the_divergence_holds_what_both_sides_did() -> None:
    result = Lockstep(ModelReference(), WrongDatapath(2, dropped)).run(scenario(*LONG_LIFE))
    (found,) = result.divergences
    (difference,) = found.differences
    assert (difference.expected, difference.actual) == (Verdict.PASS, Verdict.DROP)


def test_a_refused_packet_is_counted_and_not_compared() -> None:
    datapath = WrongDatapath(2, refused)

    class Skips(Datapath):
        """Like the engine, it takes a refused packet for one that never came."""

        name = "datapath"

        def process(self, packet: Packet) -> Outcome | Refused:  # type: ignore[override]  # may refuse
            if packet == enters().packet:
                return Refused("EINVAL")
            return super().process(packet)

    steps = leaves(), enters(), leaves(flags="A")
    result = Lockstep(ModelReference(), Skips()).run(scenario(*steps))
    assert result.divergences == []
    assert result.refused == {"EINVAL": 1}
    assert (result.steps, result.packets) == (3, 2)
    assert "reply" not in result.reasons
    careless = Lockstep(ModelReference(), datapath).run(scenario(*steps))
    assert careless.divergences, "a datapath that acts on what it refused must be found"


def test_an_entry_that_no_step_touched_is_found_at_the_end() -> None:
    def plant(datapath: Datapath, outcome: Outcome) -> Outcome:
        stray = replace(datapath.tables.conntrack[flow_key()])
        datapath.tables.conntrack[flow_key(1234)] = stray
        return outcome

    steps = leaves(), enters(), leaves(flags="A")
    (found,) = Lockstep(ModelReference(), WrongDatapath(1, plant)).run(scenario(*steps)).divergences
    assert (found.index, found.step, found.prediction) == (3, None, None)
    (difference,) = found.differences
    assert difference.kind is Kind.ENTRY
    assert difference.where == "tcp 10.0.1.5:1234 -> 10.0.2.7:80"


@pytest.mark.parametrize(("interval", "index"), [(1, 0), (2, 1), (3, 2), (4, 4), (100, 6)])
def test_the_whole_state_is_compared_every_so_many_packets(interval: int, index: int) -> None:
    def plant(datapath: Datapath, outcome: Outcome) -> Outcome:
        datapath.apply([PutEntry(flow_key(1234), datapath.tables.conntrack[flow_key()])])
        return outcome

    steps = leaves(), leaves(1), leaves(2), ClockStep(SECOND), leaves(3), leaves(4)
    lockstep = Lockstep(ModelReference(), WrongDatapath(1, plant), interval=interval)
    (found,) = lockstep.run(scenario(*steps)).divergences
    assert found.index == index


def test_a_clock_that_stands_still_is_found_by_the_next_expiry() -> None:
    class Stopped(Datapath):
        def set_clock(self, now: int) -> None:
            super().set_clock(min(now, START_CLOCK))

    steps = leaves(), ClockStep(5 * SECOND), enters()
    (found,) = Lockstep(ModelReference(), Stopped()).run(scenario(*steps)).divergences
    first = found.differences[0]
    assert (found.index, first.field) == (2, "expires")
    assert isinstance(first.expected, int)
    assert first.expected - 5 * SECOND == first.actual


def test_a_collector_that_does_nothing_is_found_when_it_runs() -> None:
    class Lazy(Datapath):
        def collect(self) -> None:
            pass

    steps = leaves(), ClockStep(100 * SECOND), CollectStep("example.yaml:9"), leaves(1)
    (found,) = Lockstep(ModelReference(), Lazy()).run(scenario(*steps)).divergences
    assert (found.index, found.step) == (2, steps[2])
    assert str(found.differences[0].expected) == "absent"


def test_a_collector_that_takes_too_much_is_found_when_it_runs() -> None:
    class Greedy(Datapath):
        def collect(self) -> None:
            self.tables.conntrack.clear()

    (found,) = (
        Lockstep(ModelReference(), Greedy()).run(scenario(leaves(), CollectStep())).divergences
    )
    assert (found.index, str(found.differences[0].actual)) == (1, "absent")


def test_every_run_starts_empty_and_at_the_same_time() -> None:
    datapath = Datapath()
    lockstep = Lockstep(ModelReference(), datapath)
    for _ in range(2):
        result = lockstep.run(scenario(leaves(), ClockStep(7)))
        assert result.reasons == {"new": 1}
        assert lockstep.now == START_CLOCK + 7
        assert list(datapath.tables.conntrack) == [flow_key()]


def test_a_divergence_leaves_nothing_for_the_next_run() -> None:
    lockstep = Lockstep(ModelReference(), WrongDatapath(2, dropped))
    assert lockstep.run(scenario(leaves(), enters())).divergences
    assert lockstep.run(scenario(leaves())).divergences == []


@pytest.mark.parametrize(
    ("steps", "topology", "origin"),
    [
        ((OperationStep((RemoveEndpoint(9),), "example.yaml:17"),), None, "example.yaml:17: "),
        ((), (RemoveService(9),), "example.yaml: topology: "),
    ],
)
def test_an_operation_that_fails_says_where_it_stands(
    steps: tuple[Step, ...], topology: tuple[Operation, ...] | None, origin: str
) -> None:
    bad = scenario(*steps) if topology is None else scenario(*steps, topology=topology)
    with pytest.raises(OperationError) as raised:
        Lockstep(ModelReference(), Datapath()).run(bad)
    assert str(raised.value).startswith(origin)
    assert "9" in str(raised.value).removeprefix(origin)


def test_an_operation_that_only_the_datapath_refuses_is_no_agreement() -> None:
    class Full(Datapath):
        def apply(self, operations: Sequence[Operation]) -> None:
            if any(isinstance(one, RemoveService) for one in operations):
                raise OperationError("map services: no room")
            super().apply(operations)

    with pytest.raises(OperationError, match=r"^x\.yaml:3: map services: no room$"):
        Lockstep(ModelReference(), Full()).run(
            scenario(OperationStep((RemoveService(1),), "x.yaml:3"))
        )


class Older(ModelReference):
    """A reference that reports do not call `model`."""

    name = "older build"


@pytest.mark.parametrize("packet", [1, 2])
def test_a_divergence_names_both_sides(packet: int) -> None:
    """Whether a packet shows it or, behind the last one, the whole state."""

    def plant(datapath: Datapath, outcome: Outcome) -> Outcome:
        datapath.apply([PutEntry(flow_key(1234), datapath.tables.conntrack[flow_key()])])
        return replace(outcome, verdict=Verdict.DROP if packet == 1 else outcome.verdict)

    run = Lockstep(Older(), WrongDatapath(packet, plant)).run(scenario(leaves(), enters()))
    (found,) = run.divergences
    assert (found.step is None) == (packet == 2)
    assert (found.reference, found.subject) == ("older build", "datapath")


def test_progress_is_told_after_every_step() -> None:
    told: list[int] = []
    Lockstep(ModelReference(), Datapath()).run(scenario(*LONG_LIFE), told.append)
    assert told == list(range(1, 12))


def test_the_observer_sees_every_packet_of_both_sides() -> None:
    seen: list[tuple[PacketStep, Prediction | None, Outcome | Refused]] = []
    lockstep = Lockstep(ModelReference(), WrongDatapath(3, refused))
    lockstep.observer = lambda *all_of_it: seen.append(all_of_it)
    steps = leaves(), enters(), leaves(flags="A")
    lockstep.run(scenario(*steps))
    assert [step for step, _, _ in seen] == list(steps)
    for _, prediction, outcome in seen[:2]:
        assert prediction is not None
        assert prediction.outcome == outcome
    assert seen[2][1:] == (None, Refused("EINVAL"))


def test_steps_may_be_a_stream() -> None:
    endless = replace(scenario(), steps=iter([leaves(), enters(), leaves(flags="A")]))
    result = Lockstep(ModelReference(), Datapath()).run(endless)
    assert (result.steps, result.divergences) == (3, [])


def test_a_value_that_is_wrong_twice_is_found_once_and_first() -> None:
    def twice(datapath: Datapath, outcome: Outcome) -> Outcome:
        changed_flow(datapath, flow_key(), expires=1)
        return replace(outcome, verdict=Verdict.DROP)

    (found,) = (
        Lockstep(ModelReference(), WrongDatapath(1, twice))
        .run(scenario(leaves(), leaves()))
        .divergences
    )
    assert [one.kind for one in found.differences] == [Kind.VERDICT, Kind.ENTRY]


@pytest.mark.parametrize("counted", [Reason.POLICY_DENIED, Reason.NEW, None])
def test_a_divergence_tells_the_reason_that_the_datapath_counted(counted: Reason | None) -> None:
    def miscount(datapath: Datapath, outcome: Outcome) -> Outcome:
        hook = Hook.FROM_CONTAINER
        counters = datapath.tables.counters
        counters[CounterKey(hook, Reason.NEW)] = Counter(1, 54)
        if counted is not None:
            before = counters.get(CounterKey(hook, counted), Counter(0, 0))
            counters[CounterKey(hook, counted)] = Counter(before.packets + 1, before.bytes + 54)
        return replace(outcome, verdict=Verdict.DROP)

    steps = leaves(1), leaves(2)
    (found,) = (
        Lockstep(ModelReference(), WrongDatapath(2, miscount)).run(scenario(*steps)).divergences
    )
    assert found.counted_reason is counted
