"""An answer as long as its packet keeps the device's sum of it right (PKT-8, LB-8a)."""

from __future__ import annotations

import pytest

from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.kernel.interface import KernelContext, RunResult
from model.domain.address import parse_address
from model.domain.configuration import Configuration, NoBackendAction
from model.domain.endpoint import Endpoint
from model.domain.event import Hook
from model.domain.operation import PutEndpoint, SetConfiguration
from model.domain.packet import Packet
from model.domain.protocol import TCP
from tests.model.builder import IPV4, IPV6, End, Network, both_families, segment
from tests.model.node import frontend, service


@pytest.mark.clause(hits=["LB-8a"])
@both_families
def test_the_devices_sum_of_an_answer(net: Network) -> None:
    """No other length: the kernel forgets such a sum where a packet is cut or grows."""
    with Bench() as bench:
        subject: KernelSubject = bench.open()
        pod = Endpoint(1, "pod", 10, 100, parse_address(IPV4.pod), parse_address(IPV6.pod))
        rejects = SetConfiguration(Configuration(no_backend=NoBackendAction.REJECT))
        subject.apply([rejects, PutEndpoint(pod), service(1, [frontend(net.service, 80)], [])])
        frame = segment(TCP, End(net.pod, 40000), End(net.service, 80), "S", b"")
        subject.process(Packet(Hook.FROM_CONTAINER, 10, frame))
        result = subject.loaded.programs["from_container"].run(frame, KernelContext(10), True)
        assert isinstance(result, RunResult)
        assert len(result.frame) == len(frame)
