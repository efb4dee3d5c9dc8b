"""The collector may run while packets do: it removes nothing that one of them has made live."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.datapath.bench import Bench
from harness.datapath.subject import KernelSubject
from harness.kernel.interface import Map
from harness.subject import Refused
from model.domain.address import parse_address
from model.domain.configuration import DEFAULT_LOOPBACK_IPV4, DEFAULT_LOOPBACK_IPV6
from model.domain.event import Hook
from model.domain.flow import Entry, Flow, FlowKey, Opener, Selection
from model.domain.operation import PutEndpoint
from model.domain.packet import Packet, Verdict
from model.domain.protocol import UDP
from tests.model.builder import IPV4, IPV6, SECOND, Connection, End, Network, connection
from tests.model.node import POD_INTERFACE, backend, flow_key, frontend, pod, service

START = 1_000_000 * SECOND
TIMEOUT = 60 * SECOND
IDENTIFIER = 1
SERVICE_REVISION = 2
"""The transaction with the service has raised it (LB-15a)."""
CHOICE = Selection(1, IDENTIFIER, SERVICE_REVISION)
NETWORKS = [IPV4, IPV6]
Items = list[tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def shared() -> Iterator[KernelSubject]:
    with Bench() as bench:
        yield bench.open()


class Pod:
    """A pod that uses a service of one server, which is the pod itself for a hairpin."""

    def __init__(self, subject: KernelSubject, net: Network, hairpin: bool) -> None:
        subject.reset()
        subject.set_clock(START)
        self.subject = subject
        server = End(net.pod if hairpin else net.backends[0], 8080)
        frontends = [frontend(net.service, 80, UDP)]
        subject.apply([PutEndpoint(pod()), service(1, frontends, [backend(IDENTIFIER, server)])])
        self.client: Connection = connection(net, net.service, 80, 40000, UDP)
        self.selection = flow_key(self.client)
        self.flow = self.selection._replace(
            peer_address=parse_address(server.address), peer_port=server.port
        )
        if hairpin:
            self.flow = self.flow._replace(
                peer_address=DEFAULT_LOOPBACK_IPV4 if net is IPV4 else DEFAULT_LOOPBACK_IPV6,
                endpoint_port=server.port,
                peer_port=40000,
                opener=Opener.PEER,
            )
        self.table: Map = subject.loaded.maps[f"conntrack_ipv{net.family:d}"]
        self._read = self.table.items
        self._frontend = parse_address(net.service)

    def send(self) -> None:
        """A packet of the client."""
        sent = self.subject.process(Packet(Hook.FROM_CONTAINER, POD_INTERFACE, self.client.out()))
        assert not isinstance(sent, Refused)
        assert sent.verdict is not Verdict.DROP

    def entries(self) -> dict[FlowKey, Entry]:
        """The conntrack table."""
        return self.subject.state().conntrack

    def selections_read(self) -> list[bytes]:
        """The bytes of every selection."""
        return [value for key, value in self._read() if self._is_selection(key)]

    def between_batches(self) -> Items:
        """The bucket of the flow is read, a packet comes, and the selection's is read."""
        first = [item for item in self._read() if not self._is_selection(item[0])]
        self.send()
        return first + [item for item in self._read() if self._is_selection(item[0])]

    def behind_the_last_batch(self) -> Items:
        """All is read, then a packet comes."""
        items = self._read()
        self.send()
        return items

    def _is_selection(self, key: bytes) -> bool:
        return key.endswith(self._frontend)


@pytest.fixture(params=[False, True], ids=["other pod", "hairpin"])
def hairpin(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=NETWORKS, ids=["ipv4", "ipv6"])
def client(shared: KernelSubject, request: pytest.FixtureRequest, hairpin: bool) -> Pod:
    return Pod(shared, request.param, hairpin)


@pytest.mark.clause(misses=["CT-4a"])
def test_a_connection_that_begins_between_two_batches_keeps_its_selection(
    client: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.table, "items", client.between_batches)
    client.subject.collect()
    monkeypatch.undo()
    assert client.entries().keys() == {client.selection, client.flow}


@pytest.mark.clause(misses=["CT-4", "CT-4a"])
@pytest.mark.parametrize("reading", [Pod.between_batches, Pod.behind_the_last_batch])
def test_a_selection_recorded_again_byte_for_byte_stays(
    client: Pod, monkeypatch: pytest.MonkeyPatch, reading: Callable[[Pod], Items]
) -> None:
    """The flow had expired when it was read; a packet has made a new one since."""
    client.send()
    before = client.selections_read()
    client.subject.set_clock(START + TIMEOUT)
    monkeypatch.setattr(client.table, "items", lambda: reading(client))
    client.subject.collect()
    monkeypatch.undo()
    assert client.selections_read() == before
    assert client.entries().keys() == {client.selection, client.flow}
    revived = client.entries()[client.flow]
    assert isinstance(revived, Flow)
    assert (revived.expires, revived.opener_packets) == (START + 2 * TIMEOUT, 1)


@pytest.mark.clause(hits=["CT-4", "CT-4a"])
def test_without_a_packet_both_go(client: Pod) -> None:
    client.send()
    assert client.entries()[client.selection] == CHOICE
    client.subject.set_clock(START + TIMEOUT)
    client.subject.collect()
    assert client.entries() == {}
