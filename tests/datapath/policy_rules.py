"""Rule sets that Hypothesis makes up, and packets aimed at the boundaries of what they say.

The boundaries are those of each set's own rules: the ports on both sides of a range's ends, the
addresses on both sides of a prefix's, of its exceptions' and of identities' ends.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from hypothesis import strategies as st

from harness.strategies.values import families, networks, ports
from model.domain.address import Address, Network, parse_address
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.event import Hook
from model.domain.operation import Operation, PutEndpoint, PutIdentity, PutRule
from model.domain.packet import Packet
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP

INTERFACE = 10
POD = {4: parse_address("10.0.1.5"), 16: parse_address("fd00:1::5")}
IDENTITIES = (1, 2, 100, 101)
WITH_PORTS = (TCP, UDP, SCTP, ICMP, ICMPV6)
PROTOCOLS = (*WITH_PORTS, 47, 255)
NESTED = [
    Network.parse(text)
    for text in (
        *("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.4/31", "10.1.2.4/32"),
        *("::/0", "fd00::/8", "fd00:1::/32", "fd00:1::4/126", "fd00:1::4/127", "fd00:1::5/128"),
    )
]
"""Prefixes in one another: rules that name them cover the same peers."""

MORE = 30
"""Packets from where one rule ends to where another does."""

TCP_HEADER = struct.Struct("!HHIIBBHHH")
SYN = 0x02


@dataclass(frozen=True)
class RuleSet:
    """Rules of one pod, identities, and the seed of which boundaries meet."""

    isolated: frozenset[Direction]
    identities: tuple[IdentityPrefix, ...]
    rules: tuple[PolicyRule, ...]
    seed: int

    @property
    def operations(self) -> list[Operation]:
        """One transaction."""
        pod = Endpoint(1, "pod", INTERFACE, 100, POD[4], POD[16], self.isolated)
        return [
            PutEndpoint(pod),
            *(PutIdentity(identity) for identity in self.identities),
            *(PutRule(rule) for rule in self.rules),
        ]

    def packets(self) -> Iterator[Packet]:
        """Each opens a flow of its own, where its protocol has ports."""
        unused = count(20000)
        for direction, peer, protocol, port in self._aims():
            yield packet(direction, peer, protocol, port, next(unused))

    def _aims(self) -> Iterator[tuple[Direction, Address, int, int]]:
        random = Random(self.seed)  # noqa: S311 - no secret
        everywhere = [edge for one in self.identities for edge in edges(one.network)]
        everywhere += [edge for rule in self.rules for edge in peer_edges(rule.peer)]
        everywhere += [edge for network in NESTED[:2] for edge in edges(network)]
        for rule in self.rules:
            near = peer_edges(rule.peer) or random.sample(everywhere, 2)
            for peer in near:
                yield rule.direction, peer, *random.choice(port_edges(rule))
            for protocol, port in port_edges(rule):
                yield rule.direction, random.choice(near), protocol, port
        for _ in range(MORE):
            direction, peer = random.choice(list(Direction)), random.choice(everywhere)
            chosen = random.choice(self.rules) if self.rules else None
            aim = random.choice(port_edges(chosen)) if chosen else (TCP, random.randrange(65536))
            yield direction, peer, *aim


def edges(network: Network) -> list[Address]:
    """The first and last address of a prefix, and those right outside."""
    length = len(network.address)
    first = int.from_bytes(network.address, "big")
    last = first | (1 << 8 * length - network.length) - 1
    inside = {n for n in (first - 1, first, last, last + 1) if 0 <= n < 1 << 8 * length}
    return [number.to_bytes(length, "big") for number in sorted(inside)]


def peer_edges(peer: Peer) -> list[Address]:
    """Where a CIDR rule's peers begin and end; others have no addresses of their own."""
    if not isinstance(peer, CidrPeer):
        return []
    return [edge for network in (peer.network, *peer.exceptions) for edge in edges(network)]


def port_edges(rule: PolicyRule) -> list[tuple[int, int]]:
    """Protocols with the ports on both sides of a range's ends; any protocol means all."""
    protocols = PROTOCOLS if rule.protocol is None else (rule.protocol, TCP)
    if rule.ports is None:
        return [(protocol, port) for protocol in protocols for port in (0, 65535)]
    first, last = rule.ports.first, rule.ports.last
    near = sorted({n for n in (first - 1, first, last, last + 1) if 0 <= n <= 65535})
    return [(protocol, port) for protocol in protocols for port in near]


def packet(direction: Direction, peer: Address, protocol: int, port: int, other: int) -> Packet:
    """The first packet of a flow; `port` is what a rule looks at, `other` the client's."""
    pod = POD[len(peer)]
    leaving = direction is Direction.EGRESS
    source, destination = (pod, peer) if leaving else (peer, pod)
    payload = header(protocol, other, port)
    hook = Hook.FROM_CONTAINER if leaving else Hook.TO_CONTAINER
    return Packet(hook, INTERFACE, framed(source, destination, protocol, payload))


def header(protocol: int, source: int, destination: int) -> bytes:
    """An L4 header. Checksums are 0, as no clause looks at them."""
    if protocol == TCP:
        return TCP_HEADER.pack(source, destination, 1, 0, 5 << 4, SYN, 8192, 0, 0)
    if protocol in (ICMP, ICMPV6):
        return struct.pack("!HHHH", destination, 0, source, 1)
    if protocol in (UDP, SCTP):
        return struct.pack("!HHHHI", source, destination, 12, 0, 0)
    return bytes(8)


def framed(source: Address, destination: Address, protocol: int, payload: bytes) -> bytes:
    """An Ethernet frame."""
    if len(source) == 4:
        words = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
        return bytes(12) + b"\x08\x00" + words + source + destination + payload
    words = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return bytes(12) + b"\x86\xdd" + words + source + destination + payload


near_blocks = st.builds(
    lambda block, by: min(max(256 * block + by, 0), 65535), st.integers(0, 256), st.integers(-1, 1)
)
"""Ports about where the compiled form has a page of its own for what follows."""

some_ports = st.one_of(ports, near_blocks, st.sampled_from([0, 65535]))
port_ranges = st.builds(lambda a, b: PortRange(min(a, b), max(a, b)), some_ports, some_ports)
some_networks = st.one_of(st.sampled_from(NESTED), families.flatmap(networks))


@st.composite
def cidr_peers(draw: st.DrawFn) -> CidrPeer:
    """Exceptions may lie inside the network, around it, in one another or apart."""
    network = draw(some_networks)
    same = st.sampled_from([one for one in NESTED if one.family is network.family])
    exceptions = draw(st.lists(st.one_of(same, networks(network.family)), max_size=3, unique=True))
    return CidrPeer(network, tuple(exceptions))


peers = st.one_of(
    st.just(AnyPeer()), st.sampled_from(IDENTITIES).map(IdentityPeer), cidr_peers(), cidr_peers()
)


@st.composite
def rules(draw: st.DrawFn) -> PolicyRule:
    """A rule; its number is given later."""
    protocol = draw(st.sampled_from((None, TCP, *PROTOCOLS)))
    ranged = protocol in WITH_PORTS and draw(st.integers(0, 3)) > 0
    return PolicyRule(
        1,
        1,
        draw(st.sampled_from(Direction)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(RuleVerdict)),
        draw(peers),
        protocol,
        draw(port_ranges) if ranged else None,
    )


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Up to ten rules, in any order of their numbers."""
    drawn = draw(st.lists(rules(), max_size=10))
    numbers = draw(st.permutations(range(1, len(drawn) + 1)))
    known = draw(st.lists(some_networks, max_size=5, unique=True))
    return RuleSet(
        draw(st.frozensets(st.sampled_from(Direction))),
        tuple(IdentityPrefix(one, draw(st.sampled_from(IDENTITIES))) for one in known),
        tuple(
            replace(rule, identifier=number) for number, rule in zip(numbers, drawn, strict=True)
        ),
        draw(st.integers(0, 2**32)),
    )
