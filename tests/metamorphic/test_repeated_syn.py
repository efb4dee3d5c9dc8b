"""A SYN that comes again is a retransmission: it counts and refreshes, no more (CT-6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from model.domain.flow import Entry, Flow, FlowKey
from model.domain.protocol import TCP
from model.domain.state import State
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import Pod
from tests.metamorphic.scripts import scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, IPV6, SECOND, Network
from tests.model.traffic import FAR, Action, Speak

WAITS = [0, 1, SECOND, 19 * SECOND]
"""Three of them are less than any timeout of an open flow."""


@dataclass(frozen=True)
class Repetition:
    """Some traffic, a SYN, perhaps its answer, and the SYN again."""

    net: Network
    before: list[Action]
    syn: Speak
    answered: bool
    waits: list[int]


repetitions = st.builds(
    Repetition,
    net=st.sampled_from([IPV4, IPV6]),
    before=scripts(20),
    syn=st.builds(
        Speak,
        leaves=st.booleans(),
        far=st.sampled_from(FAR),
        kind=st.just(TCP),
        near_port=st.sampled_from([40000, 8080]),
    ),
    answered=st.booleans(),
    waits=st.lists(st.sampled_from(WAITS), min_size=1, max_size=3),
)


def without_counts(entry: Entry) -> Entry:
    """An entry without what every packet changes."""
    if not isinstance(entry, Flow):
        return entry
    return replace(
        entry, expires=0, opener_packets=0, opener_bytes=0, reply_packets=0, reply_bytes=0
    )


def lasting(state: State) -> tuple[dict[FlowKey, Entry], object, object]:
    """What a packet of an open flow leaves alone."""
    flows = {key: without_counts(entry) for key, entry in state.conntrack.items()}
    affine = {key: value.backend for key, value in state.affinities.items()}
    return flows, affine, state.datagrams


def repeated_syn(subject: KernelSubject, repetition: Repetition) -> None:
    pod = Pod(subject, repetition.net)
    pod.run(repetition.before)
    first = pod.act(repetition.syn)
    assert first is not None
    if not first.passed:
        return
    if repetition.answered:
        pod.act(replace(repetition.syn, leaves=not repetition.syn.leaves, flags="SA"))
    for nanoseconds in [0] if is_seen_twice(repetition.syn) else repetition.waits:
        before = pod.state
        pod.wait(nanoseconds)
        again = pod.act(repetition.syn)
        assert again is not None
        assert (again.verdict, again.data) == (first.verdict, first.data)
        assert lasting(pod.state) == lasting(before)


def is_seen_twice(syn: Speak) -> bool:
    """Whether it may be a hairpin's on its way in, which refreshes nothing (LB-11c)."""
    return not syn.leaves and syn.far in ("itself", "loopback")


@pytest.mark.clause(misses=["CT-6"])
def test_a_repeated_syn_changes_nothing(shipped: KernelSubject) -> None:
    holds(lambda one: repeated_syn(shipped, one), repetitions)


def test_a_fault_in_retransmission_is_seen(planted: Plant) -> None:
    fault = Fault(
        "flow.h",
        "if (tcp & TCP_FIN)",
        "if (tcp & (TCP_FIN | TCP_SYN))",
        "a SYN on a known flow is taken for the end of its direction",
    )
    faulty = planted(fault)
    is_refuted(lambda one: repeated_syn(faulty, one), repetitions)
