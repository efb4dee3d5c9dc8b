"""Real sockets believe what the datapath makes: translated packets and errors, answers, hairpins.

Their kernels leave checksums to devices (CHECKSUM_PARTIAL). All is done twice: with devices that
take such packets as they are, and with ones before which the kernel has to finish them, so that
the receiver looks at what has come of the datapath's changes (PKT-8).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from model.domain.address import Family
from model.domain.configuration import Configuration, NoBackendAction
from model.domain.event import Hook
from model.domain.operation import SetConfiguration
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from tests.live.cluster import (
    SECONDS,
    SERVER_PORT,
    SERVICE_PORT,
    SOCKETS,
    Cluster,
    cluster,
)
from tests.live.namespaces import NetworkNamespace
from tests.live.network import MTU
from tests.live.offload import finish_checksums, half_finished, tap
from tests.model.builder import IPV4, IPV6, End, Network, both_families
from tests.model.node import backend, frontend, service

NARROW = 1300
POD_PORT = 9090
EMPTY, ITSELF, STREAM = 100, 200, 300
"""Numbers of services, of their backends too; one more for IPv6."""

LEVEL = {Family.IPV4: socket.IPPROTO_IP, Family.IPV6: socket.IPPROTO_IPV6}
DISCOVER = {Family.IPV4: 10, Family.IPV6: 23}
"""IP_MTU_DISCOVER, IPV6_MTU_DISCOVER"""
ALWAYS = 2
PATH_MTU = {Family.IPV4: 14, Family.IPV6: 24}
"""IP_MTU, IPV6_MTU"""


@pytest.fixture(scope="module", params=["devices sum", "the kernel sums"])
def made(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Besides the server's there are services without a backend, and ones that the pod serves."""
    with cluster(tracks_everything=True) as whole:
        if request.param == "the kernel sums":
            for interface in ("lxc", "uplink"):
                finish_checksums(whole.network.node, interface)
        rejects = Configuration(no_backend=NoBackendAction.REJECT)
        whole.subject.apply([SetConfiguration(rejects)])
        for number, net in enumerate((IPV4, IPV6)):
            own = backend(ITSELF + number, End(net.pod, POD_PORT))
            external = [frontend(net.external, SERVICE_PORT, kind) for kind in (TCP, UDP)]
            inner = [frontend(net.other_service, SERVICE_PORT, kind) for kind in (TCP, UDP)]
            whole.subject.apply([service(EMPTY + number, external, [])])
            whole.subject.apply([service(ITSELF + number, inner, [own])])
            stream = [frontend(net.service, SERVICE_PORT, TCP)]
            server = backend(STREAM + number, End(net.backends[0], SERVER_PORT))
            whole.subject.apply([service(STREAM + number, stream, [server])])
        yield whole


def pod_socket(made: Cluster, net: Network, kind: socket.SocketKind) -> socket.socket:
    return socket_in(made.network.pod, net, kind)


def socket_in(namespace: NetworkNamespace, net: Network, kind: socket.SocketKind) -> socket.socket:
    with namespace.entered():
        result = socket.socket(SOCKETS[net.family], kind)
    result.settimeout(SECONDS)
    return result


@pytest.mark.clause(hits=["LB-10", "NAT-1", "PKT-8"])
@both_families
def test_a_service_at_the_server(made: Cluster, net: Network) -> None:
    """Data both ways over TCP and UDP, each sum left half-finished by either end (PKT-8)."""
    with (
        socket_in(made.network.server, net, socket.SOCK_STREAM) as listener,
        pod_socket(made, net, socket.SOCK_STREAM) as client,
        tap(made.network.node, "lxc") as from_pod,
        tap(made.network.node, "uplink") as from_server,
    ):
        listener.bind((net.backends[0], SERVER_PORT))
        listener.listen()
        client.connect((net.service, SERVICE_PORT))
        server, _ = listener.accept()
        with server:
            client.sendall(b"question")
            assert server.recv(100) == b"question"
            server.sendall(b"answer")
            assert client.recv(100) == b"answer"
        assert half_finished(from_pod) > 0
        assert half_finished(from_server) > 0
    with made.client(net) as asking, made.server(net) as answering:
        asking.sendto(b"question", (net.service, SERVICE_PORT))
        data, sender = answering.recvfrom(100)
        assert data == b"question"
        answering.sendto(b"answer", sender)
        assert asking.recvfrom(100)[0] == b"answer"


@pytest.mark.clause(hits=["CT-9", "NAT-2", "NAT-2a"])
@both_families
def test_path_mtu_discovery_to_a_service(made: Cluster, net: Network) -> None:
    """The node says "fragmentation needed" or "packet too big"; the pod believes it of the service.

    The error quotes the packet as it left for the backend. The pod knows no such connection, so
    that it learns something only if the quote is translated back, checksums and all (NAT-2a).
    """
    made.network.node.run(f"ip link set uplink mtu {NARROW}")
    before = made.counted(Hook.TO_CONTAINER, Reason.RELATED)
    try:
        with pod_socket(made, net, socket.SOCK_DGRAM) as client, made.server(net) as server:
            client.setsockopt(LEVEL[net.family], DISCOVER[net.family], ALWAYS)
            client.connect((net.service, SERVICE_PORT))
            assert client.getsockopt(LEVEL[net.family], PATH_MTU[net.family]) == MTU
            client.send(bytes(MTU - 100))
            with pytest.raises(OSError, match="Message too long"):
                client.recv(1)
            assert client.getsockopt(LEVEL[net.family], PATH_MTU[net.family]) == NARROW
            client.send(b"short enough")
            assert server.recv(100) == b"short enough"
    finally:
        made.network.node.run(f"ip link set uplink mtu {MTU}")
    assert made.counted(Hook.TO_CONTAINER, Reason.RELATED) == before + 1


@pytest.mark.clause(hits=["LB-8", "LB-8a", "LB-8b"])
@both_families
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_a_service_without_backend_refuses(
    made: Cluster, net: Network, kind: socket.SocketKind
) -> None:
    """RST and port unreachable are taken for what they are (LB-8a, LB-8b, LB-8c)."""
    before = made.counted(Hook.FROM_CONTAINER, Reason.REJECTED)
    with pod_socket(made, net, kind) as client, pytest.raises(ConnectionRefusedError):
        client.connect((net.external, SERVICE_PORT))
        client.send(b"?")
        client.recv(1)
    assert made.counted(Hook.FROM_CONTAINER, Reason.REJECTED) == before + 1


@pytest.mark.clause(hits=["LB-11", "LB-11b", "LB-11c"])
@both_families
def test_a_pod_reaches_itself_through_its_service(made: Cluster, net: Network) -> None:
    """A TCP connection over the hairpin, data both ways and closed (LB-11)."""
    with (
        pod_socket(made, net, socket.SOCK_STREAM) as listener,
        pod_socket(made, net, socket.SOCK_STREAM) as client,
    ):
        listener.bind((net.pod, POD_PORT))
        listener.listen()
        client.connect((net.other_service, SERVICE_PORT))
        server, address = listener.accept()
        loopback = {Family.IPV4: "169.254.42.1", Family.IPV6: "fd00:2a::1"}[net.family]
        assert address[0] == loopback
        with server:
            server.settimeout(SECONDS)
            client.sendall(b"to myself")
            assert server.recv(100) == b"to myself"
            server.sendall(b"from myself")
            assert client.recv(100) == b"from myself"
        assert client.recv(1) == b""
