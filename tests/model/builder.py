"""Networks and packets for the tests of the specification, in words.

A `Connection` makes the packets of one connection. Scapy builds and reads them, so that no test
depends on how the model reads or writes headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.layers.l2 import Ether
from scapy.layers.sctp import SCTP
from scapy.packet import Packet as Layer
from scapy.packet import Raw
from scapy.utils import checksum

from model.domain import protocol
from model.domain.address import Family

ETHERNET = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
ETHERNET_LENGTH = 14
HEADER_LENGTH = {Family.IPV4: 20, Family.IPV6: 40}
SECOND = 1_000_000_000


class End(NamedTuple):
    """One end of a connection."""

    address: str
    port: int


@dataclass(frozen=True)
class Network:
    """Addresses of one family, by what they are to the pod."""

    family: Family
    pod: str
    peer: str
    stranger: str
    node: str
    service: str
    external: str
    balancer: str
    other_service: str
    backends: tuple[str, ...]
    pods: str
    echo_request: int
    echo_reply: int
    icmp: int

    @property
    def transport(self) -> int:
        """Offset of the L4 header in a frame without options and extension headers."""
        return ETHERNET_LENGTH + HEADER_LENGTH[self.family]


IPV4 = Network(
    family=Family.IPV4,
    pod="10.0.1.5",
    peer="10.0.2.7",
    stranger="192.0.2.9",
    node="172.18.0.2",
    service="10.96.0.10",
    external="203.0.113.5",
    balancer="203.0.113.80",
    other_service="10.96.0.77",
    backends=tuple(f"10.0.3.{number}" for number in range(1, 41)),
    pods="10.0.0.0/16",
    echo_request=8,
    echo_reply=0,
    icmp=protocol.ICMP,
)
IPV6 = Network(
    family=Family.IPV6,
    pod="fd00:1::5",
    peer="fd00:2::7",
    stranger="2001:db8::9",
    node="fd18::2",
    service="fd96::10",
    external="2001:db8:113::5",
    balancer="2001:db8:113::80",
    other_service="fd96::77",
    backends=tuple(f"fd00:3::{number:x}" for number in range(1, 41)),
    pods="fd00::/16",
    echo_request=128,
    echo_reply=129,
    icmp=protocol.ICMPV6,
)

both_families = pytest.mark.parametrize("net", [IPV4, IPV6], ids=["ipv4", "ipv6"])


def network_layer(source: str, destination: str, **fields: object) -> Layer:
    """IP header of the addresses' family; `fields` by Scapy's names."""
    return (IPv6 if ":" in source else IP)(src=source, dst=destination, **fields)


def frame(
    source: str, destination: str, payload: Layer | bytes, number: int | None = None
) -> bytes:
    """An Ethernet frame with an IP packet; `number` is the protocol of a payload of bytes."""
    fields = {} if number is None else {"nh" if ":" in source else "proto": number}
    return bytes(ETHERNET / network_layer(source, destination, **fields) / payload)


@cache
def segment(kind: int, source: End, destination: End, flags: str, payload: bytes) -> bytes:
    """A TCP, UDP or SCTP packet with right checksums; `flags` in Scapy's letters, for TCP."""
    ports = {"sport": source.port, "dport": destination.port}
    header = {
        protocol.TCP: lambda: TCP(**ports, flags=flags, seq=1000, ack=2000 if "A" in flags else 0),
        protocol.UDP: lambda: UDP(**ports),
        protocol.SCTP: lambda: SCTP(**ports, tag=7),
    }[kind]()
    return frame(source.address, destination.address, header / Raw(payload) if payload else header)


@cache
def icmp(
    source: str,
    destination: str,
    icmp_type: int,
    *,
    code: int = 0,
    identifier: int = 0,
    payload: bytes = b"ping",
) -> bytes:
    """An ICMP message of the addresses' family with a right checksum."""
    rest = identifier.to_bytes(2, "big") + b"\0\1" + payload
    without = bytes([icmp_type, code, 0, 0]) + rest
    number = protocol.ICMPV6 if ":" in source else protocol.ICMP
    if number == protocol.ICMPV6:
        total = in6_chksum(number, IPv6(src=source, dst=destination), without)
    else:
        total = checksum(without)
    message = without[:2] + total.to_bytes(2, "big") + rest
    return frame(source, destination, message, number)


def raw(net: Network, payload: bytes, number: int, source: str | None = None) -> bytes:
    """A packet from the pod to the peer with a payload of bytes."""
    return frame(source or net.pod, net.peer, payload, number)


def with_bytes(data: bytes, offset: int, new: bytes) -> bytes:
    """A frame with some bytes replaced."""
    return data[:offset] + new + data[offset + len(new) :]


def with_length(net: Network, data: bytes, length: int) -> bytes:
    """A frame whose IP header claims another total length (IPv4) or payload length (IPv6)."""
    offset = ETHERNET_LENGTH + (2 if net.family is Family.IPV4 else 4)
    return with_bytes(data, offset, length.to_bytes(2, "big"))


def with_ip_payload(net: Network, data: bytes, payload: int) -> bytes:
    """A frame whose IP header claims a payload of so many bytes."""
    return with_length(net, data, payload + (20 if net.family is Family.IPV4 else 0))


def ends(data: bytes) -> tuple[End, End]:
    """Source and destination of a packet with ports, as Scapy reads them."""
    packet = Ether(data)
    network = packet[IP] if IP in packet else packet[IPv6]
    for kind in (TCP, UDP, SCTP):
        if kind in packet:
            ports = packet[kind]
            return End(network.src, ports.sport), End(network.dst, ports.dport)
    raise AssertionError(f"no ports in {packet!r}")


@dataclass(frozen=True)
class Connection:
    """A connection between the pod's end and a far end, as packets of both directions."""

    near: End
    far: End
    kind: int = protocol.TCP

    def out(self, flags: str = "A", payload: bytes = b"") -> bytes:
        """A packet that leaves the pod."""
        return segment(self.kind, self.near, self.far, flags, payload)

    def back(self, flags: str = "A", payload: bytes = b"") -> bytes:
        """A packet that enters the pod."""
        return segment(self.kind, self.far, self.near, flags, payload)

    def behind(self, backend: End) -> Connection:
        """The same connection as it is after translation."""
        return Connection(self.near, backend, self.kind)


def connection(
    net: Network, far: str, port: int = 80, near_port: int = 40000, kind: int = protocol.TCP
) -> Connection:
    """A connection of the pod."""
    return Connection(End(net.pod, near_port), End(far, port), kind)
