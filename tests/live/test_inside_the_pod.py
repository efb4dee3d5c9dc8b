"""The programs sit on the pod's own interface: what goes back into the pod is received there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pyroute2 import IPRoute

from harness.datapath.bench import Bench
from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from model.domain.address import parse_address
from model.domain.configuration import Configuration, NoBackendAction
from model.domain.endpoint import Endpoint
from model.domain.operation import PutEndpoint, SetConfiguration
from model.domain.protocol import TCP
from tests.live.cluster import EGRESS, INGRESS, SECONDS, SERVICE_PORT, SOCKETS, add_filters
from tests.live.network import Network as Namespaces
from tests.live.network import network
from tests.model.builder import IPV4, IPV6, End, Network, both_families
from tests.model.node import backend, frontend, service

POD_PORT = 9090
EMPTY, ITSELF = 100, 200
"""Numbers of services, of their backends too; one more for IPv6."""


@pytest.fixture(scope="module")
def made() -> Iterator[Namespaces]:
    """A service without a backend, and one that the pod serves; what leaves goes out of eth0."""
    with ExitStack() as stack:
        namespaces = stack.enter_context(network(tracks_everything=False))
        loaded = stack.enter_context(Bench()).open().loaded
        control_plane = ControlPlane(loaded.maps, Codecs(loaded.btf), redirect_to_ingress=True)
        addresses = parse_address(IPV4.pod), parse_address(IPV6.pod)
        rejects = SetConfiguration(Configuration(no_backend=NoBackendAction.REJECT))
        with namespaces.pod.entered():
            eth0 = socket.if_nametoindex("eth0")
        control_plane.apply([rejects, PutEndpoint(Endpoint(1, "pod", eth0, 100, *addresses))])
        for number, net in enumerate((IPV4, IPV6)):
            itself = backend(ITSELF + number, End(net.pod, POD_PORT))
            inner = [frontend(net.other_service, SERVICE_PORT, TCP)]
            outer = [frontend(net.external, SERVICE_PORT, TCP)]
            control_plane.apply([service(ITSELF + number, inner, [itself])])
            control_plane.apply([service(EMPTY + number, outer, [])])
        with namespaces.pod.entered(), IPRoute() as netlink:
            netlink.tc("add", "clsact", eth0)
            programs = loaded.programs
            leaving = eth0, programs["from_container"], EGRESS
            add_filters(netlink, [leaving, (eth0, programs["to_container"], INGRESS)])
        yield namespaces


@pytest.fixture
def client(made: Namespaces, net: Network) -> Iterator[socket.socket]:
    """A TCP socket of the pod's."""
    with made.pod.entered():
        result = socket.socket(SOCKETS[net.family], socket.SOCK_STREAM)
    with result:
        result.settimeout(SECONDS)
        yield result


@pytest.mark.clause(hits=["LB-8", "LB-8a"])
@both_families
def test_a_refusal_comes_in_at_the_same_interface(client: socket.socket, net: Network) -> None:
    with pytest.raises(ConnectionRefusedError):
        client.connect((net.external, SERVICE_PORT))


@pytest.mark.clause(hits=["LB-11", "LB-11b", "LB-11c"])
@both_families
def test_a_hairpin_comes_in_at_the_same_interface(
    made: Namespaces, client: socket.socket, net: Network
) -> None:
    with made.pod.entered():
        listener = socket.create_server((net.pod, POD_PORT), family=SOCKETS[net.family])
    with listener:
        listener.settimeout(SECONDS)
        client.connect((net.other_service, SERVICE_PORT))
        server, _ = listener.accept()
        with server:
            server.settimeout(SECONDS)
            client.sendall(b"to myself")
            assert server.recv(100) == b"to myself"
            server.sendall(b"from myself")
            assert client.recv(100) == b"from myself"
