"""What the ring shows of live traffic is enough to send it through the model again (OBS-3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from harness.reference import ModelReference
from model.domain.configuration import EventSwitches, NoBackendAction
from model.domain.event import TRACE_HEADERS, TraceEvent
from model.domain.operation import Operation, PutEndpoint
from model.domain.packet import Packet
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.network import standing
from tests.metamorphic.pod import START, Pod
from tests.metamorphic.scripts import scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, IPV6, Network
from tests.model.node import configure, pod
from tests.model.traffic import Action

TRACES_ALONE = EventSwitches(policy_verdicts=False, selections=False, drops=False, traces=True)


@dataclass(frozen=True)
class Live:
    """Traffic of a pod, and the settings under which it runs."""

    net: Network
    no_backend: NoBackendAction
    defragmentation_interface: int
    script: list[Action]

    @property
    def operations(self) -> list[Operation]:
        """The control plane's work before the first packet."""
        settings = configure(
            events=TRACES_ALONE,
            no_backend=self.no_backend,
            defragmentation_interface=self.defragmentation_interface,
        )
        return [settings, *standing(self.net)]


lives = st.builds(
    Live,
    st.sampled_from([IPV4, IPV6]),
    st.sampled_from(NoBackendAction),
    st.sampled_from([0, 33]),
    scripts(changes=False),
)


def traces_of(subject: KernelSubject, live: Live) -> Iterator[TraceEvent]:
    """What the ring shows while the pod is live: one trace for each packet, nothing else."""
    made = Pod(subject, live.net, live.operations)
    for seen in made.run(live.script):
        if seen is not None:
            (trace,) = seen.events
            assert isinstance(trace, TraceEvent)
            yield trace


def packet_of(trace: TraceEvent) -> Packet:
    """The packet that a trace tells of; what it does not show are zeros."""
    shown = trace.before[: trace.length_before]
    return Packet(trace.hook, trace.interface, shown.ljust(trace.length_before, b"\0"))


def replays(subject: KernelSubject, live: Live) -> None:
    """The model, given the traces alone, does what they say was done."""
    reference = ModelReference()
    reference.set_clock(START)
    reference.apply([PutEndpoint(pod()), *live.operations])
    for trace in traces_of(subject, live):
        reference.set_clock(trace.time)
        outcome = reference.process(packet_of(trace))
        assert outcome.events == (trace,)
        assert outcome.verdict == trace.verdict
        assert outcome.data[:TRACE_HEADERS].ljust(TRACE_HEADERS, b"\0") == trace.after


@pytest.mark.clause(hits=["OBS-3"])
def test_a_live_run_is_replayed_from_its_traces(shipped: KernelSubject) -> None:
    holds(lambda live: replays(shipped, live), lives, count=60)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("trace.h", "trace->time = context->now;", "trace->time = 1;", "a trace has no time"),
        Fault(
            "trace.h",
            "copy_headers(context->skb, trace->before);",
            "copy_headers(context->skb, trace->after);",
            "a trace does not show what came in",
        ),
    ],
    ids=lambda fault: fault.meaning,
)
def test_a_fault_in_traces_is_seen(planted: Plant, fault: Fault) -> None:
    faulty = planted(fault)
    is_refuted(lambda live: replays(faulty, live), lives)
