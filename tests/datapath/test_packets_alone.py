"""What lockstep cannot show: packets between two writes of a transaction, clock and chance.

Expectations are docs/specification.md's (LB-3c, LB-8) and docs/datapath.md's ("What a control plane
has to keep to").
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.datapath.bench import Bench
from harness.datapath.codec.index import index_key
from harness.datapath.subject import KernelSubject
from harness.kernel.probe import COARSE_CLOCK, supports_helper
from model.domain.address import parse_address
from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint
from model.domain.event import DropEvent, Hook
from model.domain.flow import Flow, Selection
from model.domain.operation import PutEndpoint
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.protocol import UDP
from model.domain.reason import Reason
from model.domain.service import Algorithm
from tests.model.builder import IPV4, End, ends, segment
from tests.model.node import backends, frontend, service

INTERFACE = 10
CONNECTIONS = 64
CLOCK_MONOTONIC_COARSE = 6
"""Of linux/time.h: the clock as of the kernel's last tick."""


@pytest.fixture(scope="module")
def bench() -> Iterator[KernelSubject]:
    """A subject whose clock is never set: it is the kernel's."""
    with Bench() as opened:
        yield opened.open()


@pytest.fixture
def subject(bench: KernelSubject) -> KernelSubject:
    """With a pod, and with a service of four backends that are chosen by chance."""
    bench.reset()
    servers = backends(IPV4, 4)
    web = service(1, [frontend(IPV4.service, 53, UDP)], servers, Algorithm.RANDOM)
    bench.apply([PutEndpoint(Endpoint(1, "pod", INTERFACE, 100, parse_address(IPV4.pod))), web])
    return bench


def sent(subject: KernelSubject, address: str, port: int = 40000) -> Outcome:
    """What becomes of a UDP packet of the pod's."""
    frame = segment(UDP, End(IPV4.pod, port), End(address, 53), "", b"question")
    outcome = subject.process(Packet(Hook.FROM_CONTAINER, INTERFACE, frame))
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("end", ["interface", "interface_again"])
@pytest.mark.clause(hits=["PKT-7a"])
def test_a_row_that_is_becoming_another_pods_is_none(subject: KernelSubject, end: str) -> None:
    """The kernel fills the memory of a replaced row, from either end, while a packet holds it."""
    fields = subject.loaded.btf.structures["endpoint"].fields
    assert fields is not None
    start = fields[end][1]
    rows = subject.loaded.maps["endpoints"]
    ((key, value),) = rows.items()
    rows.update(key, value[:start] + index_key(INTERFACE + 1) + value[start + 4 :])
    outcome = sent(subject, IPV4.peer)
    (event,) = outcome.events
    assert isinstance(event, DropEvent)
    assert event.reason is Reason.UNKNOWN_ENDPOINT
    assert event.endpoint == 0
    assert subject.state().conntrack == {}


@pytest.mark.parametrize(
    ("table", "reason"), [("services", Reason.NO_BACKEND), ("backends", Reason.TUPLE_CLASH)]
)
@pytest.mark.clause(hits=["LB-8"])
def test_a_half_written_service_has_no_backend(
    subject: KernelSubject, table: str, reason: Reason
) -> None:
    """Its row is gone, or its list still names slots that are somebody else's by now.

    Each of those is passed over, like one that is taken (NAT-4).
    """
    rows = subject.loaded.maps[table]
    for key, value in rows.items():
        if table == "services":
            rows.delete(key)
        elif any(value):
            rows.update(key, value[:4] + index_key(2) + value[8:])
    outcome = sent(subject, IPV4.service)
    assert outcome.verdict is Verdict.DROP
    (event,) = outcome.events
    assert isinstance(event, DropEvent)
    assert event.reason is reason


@pytest.mark.clause(hits=["LB-6"])
def test_a_backend_that_goes_while_it_is_chosen_is_not_kept(subject: KernelSubject) -> None:
    """The packet has the service as it was, the backend as it is now; the next one has both."""
    rows = subject.loaded.maps["services"]
    before = rows.items()
    (heir,) = (replace(one, identifier=5) for one in backends(IPV4, 1))
    subject.apply([service(1, [frontend(IPV4.service, 53, UDP)], (heir,), Algorithm.RANDOM)])
    after = rows.items()
    for row in before:
        rows.update(*row)
    assert sent(subject, IPV4.service).verdict is Verdict.PASS
    for row in after:
        rows.update(*row)
    assert sent(subject, IPV4.service).verdict is Verdict.PASS
    (choice,) = [one for one in subject.state().conntrack.values() if isinstance(one, Selection)]
    assert choice.backend == heir.identifier


@pytest.mark.clause(hits=["LB-4"])
def test_a_service_whose_frontend_was_anothers_for_a_packet_is_chosen_again(
    subject: KernelSubject,
) -> None:
    """Both rows are replaced, and the kernel puts one where the packet still reads the other."""
    local = tuple(replace(one, local=True) for one in backends(IPV4, 2, first=5))
    web, other = frontend(IPV4.service, 53, UDP), frontend(IPV4.other_service, 53, UDP)
    before, after = (
        (
            service(1, [web], local[:1], internal_local=only_local),
            service(2, [other], local[1:], internal_local=only_local),
        )
        for only_local in (False, True)
    )
    subject.apply(before)
    rows = subject.loaded.maps["frontends_ipv4"]
    written = dict(rows.items())
    (others,) = [row for row in written.values() if row[:4] == index_key(2)]
    (key,) = [key for key, row in written.items() if row[:4] == index_key(1)]
    rows.update(key, others)
    assert ends(sent(subject, IPV4.service).data)[1].address == IPV4.backends[5]
    rows.update(key, written[key])
    subject.apply(after)
    assert ends(sent(subject, IPV4.service).data)[1].address == IPV4.backends[4]


@pytest.mark.clause(hits=["LB-3c"])
def test_chance_takes_every_backend(subject: KernelSubject) -> None:
    """That one of four is left out 64 times happens in less than one of ten million runs."""
    for port in range(CONNECTIONS):
        assert sent(subject, IPV4.service, 40000 + port).verdict is Verdict.PASS
    choices = [
        one.backend for one in subject.state().conntrack.values() if isinstance(one, Selection)
    ]
    assert len(choices) == CONNECTIONS
    assert set(choices) == {1, 2, 3, 4}


def test_the_clock_is_that_of_the_last_tick(subject: KernelSubject) -> None:
    """Where the kernel has a helper for it; else it is the exact one."""
    coarse = supports_helper(COARSE_CLOCK)
    clock = CLOCK_MONOTONIC_COARSE if coarse else time.CLOCK_MONOTONIC
    timeout = Configuration().timeouts.other
    for port in range(CONNECTIONS):
        before = time.clock_gettime_ns(clock)
        sent(subject, IPV4.peer, 40000 + port)
        after = time.clock_gettime_ns(clock)
        stamps = [
            one.expires - timeout
            for key, one in subject.state().conntrack.items()
            if isinstance(one, Flow) and key.endpoint_port == 40000 + port
        ]
        assert len(stamps) == 1
        assert before <= stamps[0] <= after
