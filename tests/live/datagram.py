"""A large UDP datagram in fragments, put on the wire one by one in any order."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from scapy.utils import checksum

from model.domain.address import Family
from model.domain.protocol import UDP
from tests.live.namespaces import NetworkNamespace
from tests.live.network import MTU
from tests.model.builder import ETHERNET_LENGTH, End, Network, segment, with_bytes
from tests.model.fragment import piece

FRAGMENT_HEADER = 8
PAYLOAD = bytes(number * 7 % 251 for number in range(4096))
"""Not the same over and over, so that a fragment in another's place shows."""

COUNT = 3
"""Fragments that it takes."""


def fragments(
    net: Network, source: End, destination: End, identification: int, ethernet: tuple[str, str]
) -> list[bytes]:
    """PAYLOAD in frames, in order; `ethernet` are the sender's and the receiver's address."""
    whole = segment(UDP, source, destination, "", PAYLOAD)
    length = (MTU + ETHERNET_LENGTH - net.transport - FRAGMENT_HEADER) // 8 * 8
    starts = range(0, len(whole) - net.transport, length)
    sender, receiver = (bytes.fromhex(address.replace(":", "")) for address in ethernet)
    pieces = [
        piece(net, whole, start, length, more=start != starts[-1], identification=identification)
        for start in starts
    ]
    return [with_bytes(summed(net, one), 0, receiver + sender) for one in pieces]


def summed(net: Network, frame: bytes) -> bytes:
    """The frame with a right IPv4 header checksum: the kernel looks at it."""
    if net.family is Family.IPV6:
        return frame
    without = with_bytes(frame, ETHERNET_LENGTH + 10, bytes(2))
    total = checksum(without[ETHERNET_LENGTH : net.transport])
    return with_bytes(without, ETHERNET_LENGTH + 10, total.to_bytes(2, "big"))


def put_on_the_wire(namespace: NetworkNamespace, frames: Iterable[bytes]) -> None:
    """Send frames from the namespace's eth0, as they are."""
    with namespace.entered():
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with sender:
        sender.bind(("eth0", 0))
        for frame in frames:
            sender.send(frame)
