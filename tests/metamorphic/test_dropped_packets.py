"""A packet that is dropped has never been there, but for counters and events (CT-10)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from model.domain.reason import Reason
from model.domain.state import State
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import NO_CONTEXT, Pod, Seen
from tests.metamorphic.scripts import scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, IPV6, Network
from tests.model.traffic import Action


@dataclass(frozen=True)
class Damaged:
    """A script; of every so many frames one is cut short or has a byte changed."""

    net: Network
    script: list[Action]
    every: int
    offset: int
    byte: int

    def frame(self, number: int, data: bytes) -> bytes:
        """The frame of a packet by its number."""
        if number % self.every:
            return data
        place = 14 + self.offset % (len(data) - 14)
        if self.byte == 0:
            return data[:place]
        return data[:place] + bytes([self.byte]) + data[place + 1 :]


disturbances = st.builds(
    Damaged,
    net=st.sampled_from([IPV4, IPV6]),
    script=scripts(),
    every=st.sampled_from([1, 2, 5, 1000]),
    offset=st.integers(0, 200),
    byte=st.integers(0, 255),
)


def tables(state: State) -> tuple[object, ...]:
    return state.conntrack, state.affinities, state.datagrams


def drops_change_nothing(subject: KernelSubject, damaged: Damaged) -> None:
    pod = Pod(subject, damaged.net)
    before = deepcopy(pod.state)
    for number, action in enumerate(damaged.script):
        data = pod.frame_of(action)
        if data is not None:
            data = damaged.frame(number, data)
        seen = pod.act(action, data)
        after = pod.state
        if seen is not None and seen.reason.is_drop and data is not None:
            check_drop(seen, data, before, after)
        before = after


def check_drop(seen: Seen, data: bytes, before: State, after: State) -> None:
    """POL-5's exception removes one flow; an answer is a packet of its own (LB-8)."""
    if seen.reason is Reason.POLICY_REVOKED:
        (revoked,) = before.conntrack.keys() - after.conntrack.keys()
        del before.conntrack[revoked]
    assert tables(after) == tables(before)
    if seen.reason is not Reason.REJECTED:
        assert after.reject_window.used == before.reject_window.used
        assert (seen.data, seen.context) == (data, NO_CONTEXT)


@pytest.mark.clause(hits=["CT-10"])
def test_a_dropped_packet_changes_nothing(shipped: KernelSubject) -> None:
    holds(lambda damaged: drops_change_nothing(shipped, damaged), disturbances)


def test_a_fault_that_acts_on_drops_is_seen(planted: Plant) -> None:
    fault = Fault(
        "datapath.h",
        "if (reason == REASON_POLICY_REVOKED)",
        "if (is_drop(reason))",
        "every drop removes the flow of the packet before",
    )
    faulty = planted(fault)
    is_refuted(lambda damaged: drops_change_nothing(faulty, damaged), disturbances)
