"""Frames that no test run has: in more than one piece, and with a VLAN tag beside them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

import pytest

from model.domain.event import Hook
from model.domain.protocol import UDP
from model.domain.reason import Reason
from tests.live.cluster import (
    CLIENT_PORT,
    SECONDS,
    SERVER_PORT,
    SERVICE_PORT,
    Cluster,
    cluster,
    udp,
)
from tests.live.datagram import PAYLOAD, put_on_the_wire, summed
from tests.live.network import NODE_ETHERNET, POD_ETHERNET
from tests.live.offload import SOL_PACKET
from tests.model.builder import (
    ETHERNET_LENGTH,
    IPV4,
    IPV6,
    End,
    Network,
    both_families,
    segment,
    with_bytes,
)
from tests.model.node import backend, frontend, service

AT_NODE: Final = 100
"""Number of the service, and of its backend; one more for IPv6."""

NODE_ADDRESS: Final = {IPV4: "10.0.1.1", IPV6: "fd00:1::1"}
"""Of the node's end of the pod's interface, as tests/live/network.py gives it."""

ADDRESSES_LENGTH: Final = 12
TAG: Final = bytes.fromhex("8100 0005")
"""IEEE 802.1Q: VLAN 5."""

PACKET_VNET_HDR: Final = 15
HEADER_OF_DEVICE: Final = struct.Struct("=BBHHHH")
"""struct virtio_net_hdr: flags, kind and size of segments, bytes in one piece, checksum's place."""


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    """With a service at the node itself, towards which packets can be as long as they like."""
    with cluster(tracks_everything=False) as whole:
        for number, net in enumerate((IPV4, IPV6), AT_NODE):
            whole.subject.apply(
                [
                    service(
                        number,
                        [frontend(net.external, SERVICE_PORT, UDP)],
                        [backend(number, End(NODE_ADDRESS[net], SERVER_PORT))],
                    )
                ]
            )
        yield whole


def send_in_pieces(made: Cluster, frame: bytes) -> None:
    """From the pod. Of what is longer than a page the kernel has so much in the first piece."""
    with made.network.pod.entered():
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with sender:
        sender.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sender.bind(("eth0", 0))
        sender.send(HEADER_OF_DEVICE.pack(0, 0, ETHERNET_LENGTH, 0, 0, 0) + frame)


def to_the_service(net: Network, payload: bytes) -> bytes:
    """A frame from the pod with right checksums."""
    ends = End(net.pod, CLIENT_PORT), End(net.external, SERVICE_PORT)
    addresses = bytes.fromhex((NODE_ETHERNET + POD_ETHERNET).replace(":", ""))
    return with_bytes(summed(net, segment(UDP, *ends, "", payload)), 0, addresses)


@pytest.mark.clause(hits=["PKT-2", "PKT-5", "LB-10"])
@both_families
def test_headers_are_found_wherever_they_lie(made: Cluster, net: Network) -> None:
    """Parsed, translated and received whole; nothing is taken for a packet that is too short."""
    frame = to_the_service(net, PAYLOAD)
    before = made.counted(Hook.FROM_CONTAINER, Reason.NEW)
    with udp(made.network.node, net.family, NODE_ADDRESS[net], SERVER_PORT) as receiver:
        send_in_pieces(made, frame)
        data, sender = receiver.recvfrom(2 * len(PAYLOAD))
    assert sender[:2] == (net.pod, CLIENT_PORT)
    assert data == PAYLOAD
    assert made.counted(Hook.FROM_CONTAINER, Reason.NEW) == before + 1


@pytest.mark.clause(hits=["PKT-1"])
@both_families
def test_a_tag_that_the_kernel_has_taken_off_is_one_still(made: Cluster, net: Network) -> None:
    """The kernel keeps a VLAN tag beside the frame, which then begins like one without (PKT-1)."""
    frame = to_the_service(net, b"tagged")
    tagged = frame[:ADDRESSES_LENGTH] + TAG + frame[ADDRESSES_LENGTH:]
    before = made.counted(Hook.FROM_CONTAINER, Reason.UNKNOWN_L3)
    put_on_the_wire(made.network.pod, [tagged])
    end = time.monotonic() + SECONDS
    while made.counted(Hook.FROM_CONTAINER, Reason.UNKNOWN_L3) == before and time.monotonic() < end:
        time.sleep(0.01)
    assert made.counted(Hook.FROM_CONTAINER, Reason.UNKNOWN_L3) == before + 1
