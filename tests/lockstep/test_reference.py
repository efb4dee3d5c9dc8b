"""The specification as a subject: what it predicts, and that only this is made to happen."""

from __future__ import annotations

import pytest

from harness.lockstep.free_choice import FIRST
from harness.reference import ModelReference
from harness.step import START_CLOCK
from harness.subject import OperationError
from model.domain.address import parse_address
from model.domain.configuration import Configuration, EventSwitches
from model.domain.flow import AffinityKey, Flow, FragmentKey, Selection
from model.domain.limits import Limits
from model.domain.operation import PutEntry, SetConfiguration
from model.domain.state import State
from tests.lockstep.world import LOTTERY, POD, TOPOLOGY, WEB, first_fragment, flow_key, leaves


@pytest.fixture
def reference() -> ModelReference:
    """As it is made, with a pod, a service with affinity and one of free choice."""
    found = ModelReference()
    found.apply(TOPOLOGY)
    found.set_clock(START_CLOCK)
    return found


def test_what_is_predicted_happens_when_it_is_committed_and_not_before(
    reference: ModelReference,
) -> None:
    for step in (leaves(), leaves(1, to=WEB), leaves(2, to=LOTTERY), first_fragment()):
        before = reference.state()
        prediction = reference.predict(step.packet, FIRST)
        assert reference.state() == before
        reference.commit(prediction)
        assert prediction.touched
        assert {key: reference.read(key) for key, _ in prediction.touched} == dict(
            prediction.touched
        )


def test_a_free_choice_comes_with_both_windows(reference: ModelReference) -> None:
    reference.apply([SetConfiguration(Configuration(events=EventSwitches(per_second=1)))])
    reference.process(leaves().packet)
    prediction = reference.predict(leaves(to=LOTTERY).packet, FIRST)
    reference.commit(prediction)
    state = reference.state()
    assert state.event_window != state.reject_window
    assert prediction.windows == (state.event_window, state.reject_window)


def test_only_the_last_prediction_can_be_committed_and_only_once(
    reference: ModelReference,
) -> None:
    first, last = (reference.predict(leaves(port).packet, FIRST) for port in (1, 2))
    with pytest.raises(ValueError, match="only the last"):
        reference.commit(first)
    reference.commit(last)
    with pytest.raises(ValueError, match="only once"):
        reference.commit(last)
    kept = reference.predict(leaves(3).packet, FIRST)
    reference.reset()
    with pytest.raises(ValueError, match="only the last"):
        reference.commit(kept)
    assert reference.state() == State()


def test_the_state_is_a_copy_of_every_table(reference: ModelReference) -> None:
    for step in (leaves(), leaves(1, to=WEB), first_fragment()):
        reference.process(step.packet)
    state = reference.state()
    (client,), (fragment,) = state.affinities, state.datagrams
    assert client == AffinityKey(parse_address(POD), 1)
    assert isinstance(fragment, FragmentKey)
    assert {type(entry) for entry in state.conntrack.values()} == {Flow, Selection}
    for key in (client, fragment, flow_key()):
        entry = state.table_of(key)[key]
        assert entry == reference.read(key)
        assert entry is not reference.read(key)
    state.event_window.used += 1
    assert reference.state().event_window != state.event_window


def test_entries_that_find_no_room_are_one_line(reference: ModelReference) -> None:
    reference.resized(Limits(conntrack=1, refuse=True)).reset()
    put = [PutEntry(flow_key(port), Flow(expires=1)) for port in (1, 2)]
    with pytest.raises(OperationError, match="give it a larger limit"):
        reference.apply(put)
    assert reference.state() == State()
