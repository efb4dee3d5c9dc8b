"""What is left to the datapath: any eligible backend of `random`, and no other (LB-3c)."""

from __future__ import annotations

from itertools import product

import pytest

from harness.compare.difference import Difference, Kind
from harness.lockstep.engine import Lockstep
from harness.lockstep.free_choice import always, matching_prediction
from harness.reference import ModelReference
from harness.subject import Draw, Prediction
from model.domain.flow import Selection
from model.domain.packet import Outcome, Packet
from model.domain.state import State
from tests.lockstep.world import (
    LOTTERY,
    WEB,
    Datapath,
    Lottery,
    LotteryForAll,
    flow_key,
    leaves,
    scenario,
)

ONE = Difference(Kind.VERDICT, "packet", "verdict", 0, 2)
THREE_CONNECTIONS = scenario(*(leaves(port, to=LOTTERY) for port in (1, 2, 3)))


@pytest.mark.parametrize("numbers", list(product(range(3), repeat=3)), ids=str)
def test_any_eligible_backend_is_accepted(numbers: tuple[int, ...]) -> None:
    reference, datapath = ModelReference(), Lottery(numbers)
    result = Lockstep(reference, datapath).run(THREE_CONNECTIONS)
    assert result.divergences == []
    for port, number in zip((1, 2, 3), numbers, strict=True):
        wanted = Selection(2, 20 + number, service_revision=2)
        assert reference.read(flow_key(port, LOTTERY)) == wanted
        assert datapath.read(flow_key(port, LOTTERY)) == wanted


@pytest.mark.parametrize("wrong_at", range(3))
def test_a_quarantined_backend_is_not(wrong_at: int) -> None:
    numbers = [0, 0, 0]
    numbers[wrong_at] = 3
    (found,) = Lockstep(ModelReference(), LotteryForAll(numbers)).run(THREE_CONNECTIONS).divergences
    assert found.index == wrong_at
    assert "IP.dst" in {f"{one.where}.{one.field}" for one in found.differences}


def test_a_choice_is_kept_for_the_connections_life() -> None:
    class Fickle(Lottery):
        """Chooses anew with every packet."""

        def process(self, packet: Packet) -> Outcome:
            self.tables.conntrack.pop(flow_key(1, LOTTERY), None)
            return super().process(packet)

    steps = leaves(1, to=LOTTERY), leaves(1, "A", to=LOTTERY)
    (found,) = Lockstep(ModelReference(), Fickle([0, 1])).run(scenario(*steps)).divergences
    assert found.index == 1


def test_choices_that_differ_in_what_is_suppressed_alone_are_told_apart() -> None:
    """At the packet itself: later nobody could say which choice it was."""

    class Suppressing(Lottery):
        def state(self) -> State:
            state = super().state()
            state.event_window.suppressed += 1
            return state

    steps = scenario(leaves(1, to=LOTTERY))
    (found,) = Lockstep(ModelReference(), Suppressing([1])).run(steps).divergences
    assert found.index == 0
    assert [(one.where, one.field) for one in found.differences] == [("event window", "suppressed")]


def test_maglev_leaves_no_choice() -> None:
    class OtherServer(Datapath):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            selection = self.tables.conntrack[flow_key(1, WEB)]
            assert isinstance(selection, Selection)
            selection.backend = 10 + (selection.backend - 9) % 3
            return outcome

    (found,) = (
        Lockstep(ModelReference(), OtherServer()).run(scenario(leaves(1, to=WEB))).divergences
    )
    assert [one.field for one in found.differences] == ["backend"]


def test_only_packets_with_a_choice_are_predicted_more_than_once() -> None:
    class Counting(ModelReference):
        predictions = 0

        def predict(self, packet: Packet, draw: Draw) -> Prediction:
            self.predictions += 1
            return super().predict(packet, draw)

    reference = Counting()
    Lockstep(reference, Datapath()).run(scenario(leaves(1), leaves(2, to=WEB), leaves(1, "A")))
    assert reference.predictions == 3


def test_where_nothing_fits_the_nearest_prediction_is_shown() -> None:
    lockstep = Lockstep(ModelReference(), Lottery([2]))
    lockstep.run(scenario())
    packet = leaves(1, to=LOTTERY).packet
    outcome = lockstep.subject.process(packet)
    wanted = lockstep.reference.predict(packet, always(2)).outcome
    assert outcome == wanted

    def check(prediction: Prediction) -> tuple[Difference, ...]:
        """Never without differences; the right server has one less."""
        return (ONE,) if prediction.outcome == wanted else (ONE, ONE)

    prediction, differences = matching_prediction(lockstep.reference, packet, check)
    assert differences == (ONE,)
    assert prediction.outcome == wanted
    assert [choice.number for choice in prediction.draws] == [2]


def test_where_nothing_fits_better_the_first_choice_is_shown() -> None:
    reference = Lockstep(ModelReference(), Lottery([])).reference
    reference.apply(scenario().topology)
    packet = leaves(1, to=LOTTERY).packet
    wanted = reference.predict(packet, always(0)).outcome
    prediction, differences = matching_prediction(reference, packet, lambda _: (ONE,))
    assert (prediction.outcome, differences) == (wanted, (ONE,))
