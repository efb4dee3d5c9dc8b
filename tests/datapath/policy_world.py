"""Random worlds of endpoints, identities and rules, and packets aimed at their boundaries.

`python -m tests.datapath.policy_world 10000` checks that many rule sets.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.kernel.btf import Btf
from harness.kernel.build import build
from model.domain.address import Address, Network
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutIdentity,
    PutRule,
    RemoveEndpoint,
    RemoveIdentity,
    RemoveRule,
)
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from tests.datapath.fake_maps import Faults, fake_maps
from tests.datapath.judge import Probe, judge
from tests.datapath.lookup import Lookup, PolicyView, table_and_port

NETWORKS = [
    Network.parse(text)
    for text in (
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.1.0.0/16",
        "10.1.2.0/24",
        "10.1.2.3/32",
        "10.1.2.4/32",
        "10.1.2.4/31",
        "192.168.0.0/17",
        "::/0",
        "fd00::/8",
        "fd00:1::/32",
        "fd00:1::5/128",
        "fd00:1::4/127",
    )
]
PROTOCOLS = (6, 17, 132, 1, 58, 47, 0, 255)
PORT_BOUNDS = (0, 1, 79, 80, 255, 256, 257, 511, 512, 8080, 65279, 65280, 65535)
IDENTITIES = (1, 2, 100, 101)
SMALL = {"policies": 4096, "policy_pages": 2048}


class World:
    """The objects as a test sees them, and the tables that the control plane made of them."""

    def __init__(self, seed: int, btf: Btf, codecs: Codecs) -> None:
        self.random = random.Random(seed)  # noqa: S311 a test that repeats itself
        self.faults = Faults()
        maps = fake_maps(btf, SMALL, self.faults)
        self.control_plane = ControlPlane(maps, codecs)
        self.lookup = Lookup(maps, codecs)
        self.endpoints: dict[int, Endpoint] = {}
        self.rules: dict[int, PolicyRule] = {}
        self.identities: dict[Network, int] = {}

    def transaction(self) -> None:
        """Some operations that are sound."""
        self.control_plane.apply(self.operations())

    def operations(self) -> list[Operation]:
        """Some operations that are sound, already reflected in the objects."""
        return [self._operation() for _ in range(self.random.randint(1, 6))]

    def probes(self, count: int) -> Iterator[Probe]:
        """Packets at the boundaries of what rules and prefixes say."""
        endpoints = [self.endpoints[number] for number in sorted(self.endpoints)]
        for _ in range(count if endpoints else 0):
            endpoint = self.random.choice(endpoints)
            direction = self.random.choice(list(Direction))
            protocol = self.random.choice(PROTOCOLS)
            has_ports = protocol in (6, 17, 132, 1, 58)
            port = self._near(self.random.choice(PORT_BOUNDS)) if has_ports else 0
            yield Probe(endpoint, direction, self._address(), protocol, port)

    def rule_operation(self) -> Operation:
        """A rule comes, changes or goes; there has to be an endpoint."""
        if self.rules and self.random.random() < 0.3:
            identifier = self.random.choice(sorted(self.rules))
            del self.rules[identifier]
            return RemoveRule(identifier)
        rule = self._rule()
        self.rules[rule.identifier] = rule
        return PutRule(rule)

    def identity_operation(self) -> Operation:
        """A prefix gets an identity, another one, or loses it."""
        if self.identities and self.random.random() < 0.4:
            network = self.random.choice(sorted(self.identities))
            del self.identities[network]
            return RemoveIdentity(network)
        network = self.random.choice(NETWORKS)
        self.identities[network] = self.random.choice(IDENTITIES)
        return PutIdentity(IdentityPrefix(network, self.identities[network]))

    def _operation(self) -> Operation:
        if not self.endpoints or self.random.random() < 0.1:
            return self._put_endpoint()
        choice = self.random.random()
        if choice < 0.06:
            return self._remove_endpoint()
        return self.identity_operation() if choice < 0.3 else self.rule_operation()

    def _put_endpoint(self) -> Operation:
        number = self.random.randint(1, 3)
        isolated = frozenset(way for way in Direction if self.random.random() < 0.5)
        endpoint = Endpoint(number, "pod", 10 + number, 100, bytes(4), bytes(16), isolated)
        self.endpoints[number] = endpoint
        return PutEndpoint(endpoint)

    def _remove_endpoint(self) -> Operation:
        number = self.random.choice(sorted(self.endpoints))
        del self.endpoints[number]
        self.rules = {i: rule for i, rule in self.rules.items() if rule.endpoint != number}
        return RemoveEndpoint(number)

    def _rule(self) -> PolicyRule:
        protocol = self.random.choice((None, *PROTOCOLS))
        ports = None
        if protocol in (6, 17, 132, 1, 58) and self.random.random() < 0.8:
            first, last = sorted(self.random.choices(PORT_BOUNDS, k=2))
            ports = PortRange(first, last)
        return PolicyRule(
            self.random.randint(1, 40),
            self.random.choice(sorted(self.endpoints)),
            self.random.choice(list(Direction)),
            self.random.randint(0, 3),
            self.random.choice(list(RuleVerdict)),
            self._peer(),
            protocol,
            ports,
        )

    def _peer(self) -> Peer:
        kind = self.random.randrange(3)
        if kind == 0:
            return AnyPeer()
        if kind == 1:
            return IdentityPeer(self.random.choice(IDENTITIES))
        network = self.random.choice(NETWORKS)
        same = [n for n in NETWORKS if n.family is network.family]
        exceptions = self.random.sample(same, self.random.choice((0, 0, 1, 2)))
        return CidrPeer(network, tuple(exceptions))

    def _address(self) -> Address:
        """The first or last address of a prefix, or one right outside."""
        network = self.random.choice(NETWORKS)
        bits = 8 * len(network.address)
        first = int.from_bytes(network.address, "big")
        last = first | (1 << bits - network.length) - 1
        number = self._near(self.random.choice((first, last)), (1 << bits) - 1)
        return number.to_bytes(bits // 8, "big")

    def _near(self, number: int, most: int = 65535) -> int:
        return min(max(number + self.random.randint(-1, 1), 0), most)


def compiled(world: World, probe: Probe) -> PolicyView | None:
    """What the tables say of a packet."""
    table, port = table_and_port(probe.protocol, probe.port)
    interface = probe.endpoint.interface
    return world.lookup.policy(interface, probe.direction, probe.peer, table, port)


def check(world: World, probes: int) -> None:
    """Compare the compiled tables with the rules."""
    for probe in world.probes(probes):
        expected = judge(probe, world.rules.values(), world.identities)
        assert compiled(world, probe) == expected, probe


def main(rule_sets: int) -> None:
    """Check so many rule sets, each ten reached one from another."""
    btf = Btf.read(build(Path(__file__).with_name("layouts.bpf.c")))
    codecs = Codecs(btf)
    for seed in range(-(-rule_sets // 10)):
        world = World(seed, btf, codecs)
        for _ in range(10):
            world.transaction()
            check(world, 60)
    sys.stdout.write(f"{rule_sets} rule sets agree\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
