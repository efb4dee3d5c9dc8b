"""Fragments that come out of order reach the other end whole, through the node's IP layer (FRAG-2).

Sockets, interfaces and the clock are real; the datapath is attached where it would be.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kernel.abi import bpf
from model.domain.event import Hook
from model.domain.reason import Reason
from tests.live.cluster import CLIENT_PORT, SERVER_PORT, SERVICE_PORT, Cluster, cluster
from tests.live.datagram import COUNT, PAYLOAD, fragments, put_on_the_wire
from tests.live.network import NODE_ETHERNET, POD_ETHERNET, SERVER_ETHERNET
from tests.model.builder import End, Network, both_families

BPF_PROG_GET_FD_BY_ID = 13
LONGEST = 65536
OUT_OF_ORDER = {"reversed": (2, 1, 0), "middle first": (1, 0, 2), "last in between": (0, 2, 1)}
REDIRECTED = {"reversed": 3, "middle first": 3, "last in between": 0}
"""Where the first fragment comes first, the datapath needs no help."""

DIES_INSIDE = """
import os, signal
from harness.kernel.abi import program_information
from tests.live.cluster import cluster
with cluster(tracks_everything=True) as made:
    print(*(program_information(program.fd).id for program in made.programs), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def selective() -> Iterator[Cluster]:
    """Only what comes for reassembly is tracked: the pod's interface sees each fragment."""
    with cluster(tracks_everything=False) as made:
        yield made


@pytest.fixture(scope="module")
def tracking() -> Iterator[Cluster]:
    """The node tracks everything, and so reassembles what it receives from elsewhere."""
    with cluster(tracks_everything=True) as made:
        yield made


def identifications() -> Iterator[int]:
    """Never the same twice: a datagram is remembered for 30 s."""
    yield from range(1, LONGEST)


NUMBERS = identifications()


def ask(made: Cluster, net: Network, order: tuple[int, ...]) -> None:
    """PAYLOAD from the pod to the service, its fragments in some order."""
    ends = End(net.pod, CLIENT_PORT), End(net.service, SERVICE_PORT)
    frames = fragments(net, *ends, next(NUMBERS), (POD_ETHERNET, NODE_ETHERNET))
    put_on_the_wire(made.network.pod, [frames[place] for place in order])


def answer(made: Cluster, net: Network, order: tuple[int, ...]) -> None:
    """PAYLOAD from the server to the pod, its fragments in some order."""
    ends = End(net.backends[0], SERVER_PORT), End(net.pod, CLIENT_PORT)
    frames = fragments(net, *ends, next(NUMBERS), (SERVER_ETHERNET, NODE_ETHERNET))
    put_on_the_wire(made.network.server, [frames[place] for place in order])


def check_received(receiver: socket.socket, source: End) -> None:
    """The payload, whole and once, from where it should come."""
    data, sender = receiver.recvfrom(LONGEST)
    assert sender[:2] == source
    assert data == PAYLOAD
    receiver.setblocking(False)
    with pytest.raises(BlockingIOError):
        receiver.recvfrom(LONGEST)


@pytest.mark.clause(hits=["FRAG-2"])
@both_families
@pytest.mark.parametrize("order", OUT_OF_ORDER)
def test_out_of_order_on_the_way_out(selective: Cluster, net: Network, order: str) -> None:
    before = selective.counted(Hook.FROM_CONTAINER, Reason.REASSEMBLY)
    with selective.server(net) as server:
        ask(selective, net, OUT_OF_ORDER[order])
        check_received(server, End(net.pod, CLIENT_PORT))
    after = selective.counted(Hook.FROM_CONTAINER, Reason.REASSEMBLY)
    assert after - before == REDIRECTED[order]


@both_families
@pytest.mark.parametrize("order", OUT_OF_ORDER)
def test_out_of_order_on_the_way_back(selective: Cluster, net: Network, order: str) -> None:
    """The answer comes from the service, though its ports are in the last fragment to arrive."""
    with selective.client(net) as client, selective.server(net) as server:
        client.sendto(PAYLOAD, (net.service, SERVICE_PORT))
        check_received(server, End(net.pod, CLIENT_PORT))
        before = selective.counted(Hook.TO_CONTAINER, Reason.REASSEMBLY)
        answer(selective, net, OUT_OF_ORDER[order])
        check_received(client, End(net.service, SERVICE_PORT))
        after = selective.counted(Hook.TO_CONTAINER, Reason.REASSEMBLY)
        assert after - before == REDIRECTED[order]


@pytest.mark.clause(hits=["FRAG-1"], misses=["FRAG-2"])
@both_families
def test_in_order_needs_no_reassembly(selective: Cluster, net: Network) -> None:
    """The pod's own IP stack cuts the datagram, and the server's the answer."""
    hooks = list(Hook)
    before = [selective.counted(hook, Reason.REASSEMBLY) for hook in hooks]
    with selective.client(net) as client, selective.server(net) as server:
        client.sendto(PAYLOAD, (net.service, SERVICE_PORT))
        check_received(server, End(net.pod, CLIENT_PORT))
        server.sendto(PAYLOAD, (net.pod, CLIENT_PORT))
        check_received(client, End(net.service, SERVICE_PORT))
    assert [selective.counted(hook, Reason.REASSEMBLY) for hook in hooks] == before


@both_families
def test_two_datagrams_interleaved(selective: Cluster, net: Network) -> None:
    """Both come back whole, each under its own identification."""
    ends = End(net.pod, CLIENT_PORT), End(net.service, SERVICE_PORT)
    ethernet = POD_ETHERNET, NODE_ETHERNET
    one, other = (fragments(net, *ends, next(NUMBERS), ethernet) for _ in range(2))
    with selective.server(net) as server:
        mixed = [
            frame for pair in zip(reversed(one), reversed(other), strict=True) for frame in pair
        ]
        put_on_the_wire(selective.network.pod, mixed)
        assert [server.recvfrom(LONGEST)[0] for _ in range(2)] == [PAYLOAD, PAYLOAD]


@both_families
def test_a_node_that_tracks_everything(tracking: Cluster, net: Network) -> None:
    """What leaves is redirected; what enters has been put together before it gets to the pod."""
    leaving = tracking.counted(Hook.FROM_CONTAINER, Reason.REASSEMBLY)
    with tracking.client(net) as client, tracking.server(net) as server:
        ask(tracking, net, OUT_OF_ORDER["reversed"])
        check_received(server, End(net.pod, CLIENT_PORT))
        answer(tracking, net, OUT_OF_ORDER["reversed"])
        check_received(client, End(net.service, SERVICE_PORT))
    assert tracking.counted(Hook.FROM_CONTAINER, Reason.REASSEMBLY) - leaving == COUNT
    assert tracking.counted(Hook.TO_CONTAINER, Reason.REASSEMBLY) == 0


@both_families
def test_without_the_interface_nothing_arrives(selective: Cluster, net: Network) -> None:
    """FRAG-2's other half, which shows that it was reassembly that carried the datagrams."""
    before = selective.counted(Hook.FROM_CONTAINER, Reason.FRAGMENT_NOT_FOUND)
    selective.reassemble(wanted=False)
    try:
        with selective.server(net) as server:
            ask(selective, net, OUT_OF_ORDER["reversed"])
            server.settimeout(0.2)
            with pytest.raises(TimeoutError):
                server.recvfrom(LONGEST)
    finally:
        selective.reassemble(wanted=True)
    after = selective.counted(Hook.FROM_CONTAINER, Reason.FRAGMENT_NOT_FOUND)
    assert after - before == COUNT - 1


class ProgramAttribute(ctypes.Structure):
    _fields_ = (("identifier", ctypes.c_uint32), ("rest", ctypes.c_uint8 * 12))


def is_loaded(program: int) -> bool:
    """Whether a program with this number is in the kernel."""
    result = bpf(BPF_PROG_GET_FD_BY_ID, ProgramAttribute(program))
    if result >= 0:
        os.close(result)
        return True
    assert result == -errno.ENOENT
    return False


def test_a_killed_process_leaves_nothing() -> None:
    """Programs go with the interfaces that they are attached to, and those with the process."""
    named = Path("/run/netns")
    before = dict(socket.if_nameindex()), sorted(named.glob("*"))
    killed = subprocess.run(
        [sys.executable, "-c", DIES_INSIDE], capture_output=True, check=False, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    programs = [int(word) for word in killed.stdout.split()]
    assert len(programs) == 3
    end = time.monotonic() + 5
    while any(is_loaded(program) for program in programs) and time.monotonic() < end:
        time.sleep(0.05)
    assert [program for program in programs if is_loaded(program)] == []
    assert (dict(socket.if_nameindex()), sorted(named.glob("*"))) == before
