"""Packets go on while a transaction is written: one that fails leaves them nothing of itself."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.kernel.errors import MapError
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import RunResult
from harness.reference import ModelReference
from harness.step import OperationStep, PacketStep, Scenario
from harness.subject import OperationError, Refused
from model.domain.event import DropEvent, Hook
from model.domain.flow import Flow, Opener
from model.domain.operation import Operation, PutEndpoint, PutEntry, PutService, RemoveService
from model.domain.packet import Outcome, Packet, Verdict
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.domain.service import Service
from tests.model.builder import SECOND, Connection, End, Network, both_families, connection, ends
from tests.model.node import (
    ALLOW,
    EGRESS,
    POD_INTERFACE,
    backend,
    flow_key,
    frontend,
    identify,
    pod,
    rule,
)

START = 1_000 * SECOND
ALLOW_ALL = rule(1, ALLOW)
ISOLATED = PutEndpoint(pod([EGRESS]))


@pytest.fixture(scope="module")
def shared() -> Iterator[KernelSubject]:
    with Bench() as bench:
        yield bench.open()


@pytest.fixture
def subject(shared: KernelSubject) -> KernelSubject:
    shared.reset()
    shared.set_clock(START)
    return shared


def server_of(net: Network, identifier: int) -> End:
    return End(net.backends[identifier], 8080)


def put(net: Network, identifier: int, address: str, kind: int = TCP) -> PutService:
    """A service of one server, with the same identifier."""
    ways = (frontend(address, 80, kind),)
    servers = (backend(identifier, server_of(net, identifier)),)
    return PutService(Service(identifier, "service", ways, servers, maglev_size=7))


def process(subject: KernelSubject, hook: Hook, data: bytes) -> Outcome:
    outcome = subject.process(Packet(hook, POD_INTERFACE, data))
    assert not isinstance(outcome, Refused)
    return outcome


def leave(subject: KernelSubject, client: Connection, flags: str = "S") -> Outcome:
    """A packet of a connection of the pod's."""
    return process(subject, Hook.FROM_CONTAINER, client.out(flags))


def drops(outcome: Outcome) -> list[Reason]:
    """Why a packet was dropped, if it was."""
    return [event.reason for event in outcome.events if isinstance(event, DropEvent)]


def admit(subject: KernelSubject, client: Connection) -> None:
    """The client's first packet passes."""
    assert leave(subject, client).verdict is Verdict.PASS


@dataclass(frozen=True)
class Failure:
    """Makes transactions fail at their first call of a table's method."""

    subject: KernelSubject
    monkeypatch: pytest.MonkeyPatch

    def __call__(
        self, table: str, method: str, meanwhile: Callable[[], object], *operations: Operation
    ) -> None:
        """Just before that, something else happens."""

        def strike(*_: object) -> None:
            self.monkeypatch.undo()
            meanwhile()
            raise MapError(table, method, errno.ENOMEM)

        self.monkeypatch.setattr(self.subject.loaded.maps[table], method, strike)
        with pytest.raises(OperationError, match=r"ENOMEM.* was taken back"):
            self.subject.apply(operations)


@pytest.fixture
def fail(subject: KernelSubject, monkeypatch: pytest.MonkeyPatch) -> Failure:
    return Failure(subject, monkeypatch)


@both_families
def test_a_flow_admitted_under_a_policy_that_was_taken_back_is_judged_again(
    subject: KernelSubject, fail: Failure, net: Network
) -> None:
    """POL-5: the policy was switched, the revision was not yet raised."""
    client = connection(net, net.peer)

    subject.apply([ISOLATED])
    table = f"frontends_ipv{net.family:d}"
    fail(
        table, "update_batch", partial(admit, subject, client), ALLOW_ALL, put(net, 1, net.service)
    )
    assert drops(leave(subject, client, "A")) == [Reason.POLICY_REVOKED]
    assert drops(leave(subject, client)) == [Reason.POLICY_DENIED]


@both_families
def test_a_revision_that_was_taken_back_is_not_used_again(
    subject: KernelSubject, fail: Failure, net: Network
) -> None:
    """POL-5: the revision was raised, and the next change would raise it to the same number."""
    client = connection(net, net.peer)

    subject.apply([ISOLATED, put(net, 1, net.service)])
    fail("services", "delete", partial(admit, subject, client), ALLOW_ALL, RemoveService(1))
    subject.apply([identify(net.pods, 55)])
    assert drops(leave(subject, client, "A")) == [Reason.POLICY_REVOKED]


@both_families
def test_a_client_that_missed_a_service_for_a_moment_is_translated_again(
    subject: KernelSubject, fail: Failure, net: Network
) -> None:
    """LB-13: its flow went to the service's address itself, and remembers that this is no one's."""
    client = connection(net, net.service, kind=UDP)

    def untranslated() -> None:
        assert ends(leave(subject, client).data)[1].address == net.service

    subject.apply([PutEndpoint(pod()), put(net, 1, net.service, UDP)])
    table = f"frontends_ipv{net.family:d}"
    fail(table, "update_batch", untranslated, RemoveService(1), put(net, 2, net.other_service))
    assert ends(leave(subject, client).data)[1] == server_of(net, 1)


@both_families
def test_marks_that_packets_set_meanwhile_stay(
    subject: KernelSubject, fail: Failure, net: Network
) -> None:
    """A peer opens a flow to a port that shares its element with one that the transaction marks."""
    visit = Connection(End(net.pod, 8081), End(net.peer, 1000))
    key = flow_key(visit, Opener.PEER)._replace(endpoint_port=8080)
    entry = PutEntry(key, Flow(START + SECOND))

    def enter() -> None:
        assert process(subject, Hook.TO_CONTAINER, visit.back("S")).verdict is Verdict.PASS

    subject.apply([ISOLATED])
    table = f"frontends_ipv{net.family:d}"
    fail(table, "update_batch", enter, put(net, 1, net.service), entry)
    assert leave(subject, visit, "SA").verdict is Verdict.PASS


@both_families
def test_both_sides_agree_after_a_transaction_that_was_refused(
    subject: KernelSubject, net: Network
) -> None:
    """Nothing was written, so the revisions are what they were, as the model's is."""
    client = connection(net, net.peer)
    packet = PacketStep(Packet(Hook.FROM_CONTAINER, POD_INTERFACE, client.out("S")))
    scenario = Scenario("refused", "refused.yaml", (ISOLATED, ALLOW_ALL), (packet,))
    lockstep, result = Lockstep(ModelReference(), subject), RunResult()
    lockstep.begin(scenario)
    with pytest.raises(OperationError, match="service 9 cannot be removed"):
        lockstep.apply(OperationStep((identify(net.pods, 55), RemoveService(9))))
    assert lockstep.packet(scenario, 0, packet, result) is None
    assert lockstep.compare_states(scenario, 1, None) is None
    flow = subject.read(flow_key(client))
    assert isinstance(flow, Flow)
    assert flow.policy_revision == 2
