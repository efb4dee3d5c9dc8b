"""Draws configurations and transactions that a control plane could carry out."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from harness.step import START_CLOCK
from model.domain.address import Family, Network
from model.domain.configuration import Configuration, EventSwitches, NoBackendAction, Timeouts
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
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
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)

SECOND = 1_000_000_000


def timeouts() -> st.SearchStrategy[Timeouts]:
    spans = st.integers(1, 10**13)
    return st.builds(Timeouts, spans, spans, spans, spans, spans)


def configurations() -> st.SearchStrategy[Configuration]:
    switches = st.builds(
        EventSwitches, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 9)
    )
    return st.builds(
        Configuration,
        timeouts=timeouts(),
        events=switches,
        pick_up_mid_stream=st.booleans(),
        host_reaches_pods=st.booleans(),
        no_backend=st.sampled_from(NoBackendAction),
        rejects_per_second=st.integers(0, 1000),
        loopback_ipv4=st.binary(min_size=4, max_size=4),
        loopback_ipv6=st.binary(min_size=16, max_size=16),
        defragmentation_interface=st.integers(0, 99),
    )


class World:
    """Draws transactions that a control plane could carry out, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, no secret
        self.endpoints: dict[int, Endpoint] = {}
        self.services: dict[int, Service] = {}
        self.rules: dict[int, PolicyRule] = {}
        self.networks: list[Network] = []
        self.backend = 0
        self.rule = 0

    def address(self, family: Family = Family.IPV4) -> bytes:
        length = 4 if family is Family.IPV4 else 16
        return bytes([10]) + self.random.randbytes(length - 1)

    def put_endpoint(self) -> Operation:
        number = self.random.randint(1, 4)
        isolated = frozenset(self.random.sample(list(Direction), self.random.randint(0, 2)))
        endpoint = Endpoint(
            number, f"pod_{number}", 40 + number, self.random.randint(2, 9), self.address(),
            self.address(Family.IPV6), isolated,
        )  # fmt: skip
        self.endpoints[number] = endpoint
        return PutEndpoint(endpoint)

    def put_identity(self) -> Operation:
        length = self.random.randint(0, 32)
        bits = int.from_bytes(self.address(), "big") >> (32 - length) << (32 - length)
        network = Network(bits.to_bytes(4, "big"), length)
        self.networks.append(network)
        return PutIdentity(IdentityPrefix(network, self.random.randint(1, 300)))

    def put_service(self) -> Operation:
        number = self.random.randint(1, 3)
        old = self.services.get(number)
        backends = [one for one in old.backends if self.random.random() < 0.6] if old else []
        for _ in range(self.random.randint(0, 2)):
            self.backend += self.random.randint(1, 2)
            family = self.random.choice(list(Family))
            state = self.random.choice(list(BackendState))
            flags = self.random.random() < 0.5, self.random.random() < 0.5
            port = self.random.randint(1, 65535)
            backends.append(Backend(self.backend, self.address(family), port, state, *flags))
        key = FrontendKey(self.address(), number, self.random.choice([6, 17, 132]))
        frontend = Frontend(self.random.choice(list(FrontendKind)), key)
        affinity = self.random.choice([None, 5 * SECOND])
        service = Service(
            number, f"service_{number}", (frontend,), tuple(backends),
            self.random.choice(list(Algorithm)), self.random.choice([251, 16381]), affinity,
            self.random.random() < 0.5, self.random.random() < 0.5,
        )  # fmt: skip
        self.services[number] = service
        return PutService(service)

    def put_rule(self) -> Operation:
        if not self.endpoints:
            return self.put_endpoint()
        self.rule += self.random.randint(1, 2)
        number = self.random.choice([self.rule, *self.rules])
        network = Network(bytes((10, 0, 0, 0)), 8)
        peers: list[Peer] = [
            AnyPeer(),
            IdentityPeer(self.random.randint(1, 9)),
            CidrPeer(network),
            CidrPeer(network, (Network(bytes((10, 1, 0, 0)), 16),)),
        ]
        low = self.random.randint(0, 60000)
        protocol = self.random.choice([None, 1, 6, 17, 47, 58, 132])
        ports = PortRange(low, low + self.random.randint(0, 99))
        rule = PolicyRule(
            number,
            self.random.choice(list(self.endpoints)),
            self.random.choice(list(Direction)),
            self.random.randint(0, 200),
            self.random.choice(list(RuleVerdict)),
            self.random.choice(peers),
            protocol,
            ports if protocol not in (None, 47) and self.random.random() < 0.7 else None,
        )
        self.rules[number] = rule
        return PutRule(rule)

    def remove(self) -> Operation:
        kind = self.random.choice([self.remove_rule, self.remove_service, self.remove_endpoint])
        return kind() or RemoveEntry(self.key())

    def remove_rule(self) -> Operation | None:
        if not self.rules:
            return None
        number = self.random.choice(list(self.rules))
        del self.rules[number]
        return RemoveRule(number)

    def remove_service(self) -> Operation | None:
        if not self.services:
            return None
        number = self.random.choice(list(self.services))
        del self.services[number]
        return RemoveService(number)

    def remove_endpoint(self) -> Operation | None:
        if not self.endpoints:
            return None
        number = self.random.choice(list(self.endpoints))
        del self.endpoints[number]
        self.rules = {i: rule for i, rule in self.rules.items() if rule.endpoint != number}
        return RemoveEndpoint(number)

    def remove_identity(self) -> Operation:
        if not self.networks:
            return self.put_identity()
        network = self.random.choice(self.networks)
        self.networks = [one for one in self.networks if one != network]
        return RemoveIdentity(network)

    def key(self) -> FlowKey:
        family = self.random.choice(list(Family))
        ports = self.random.randint(0, 65535), self.random.randint(0, 65535)
        protocol = self.random.choice([1, 6, 17, 58, 132, 47])
        opener = self.random.choice(list(Opener))
        return FlowKey(self.address(family), self.address(family), *ports, protocol, opener)

    def put_entry(self) -> Operation:
        if self.random.random() < 0.3:
            return PutEntry(self.key(), Selection(1, 2))
        key = self.key()
        flow = Flow(
            START_CLOCK + self.random.randint(-SECOND, 99 * SECOND),
            opener_packets=self.random.randint(0, 9),
            established=self.random.random() < 0.5,
            service=self.random.randint(0, 3),
            service_address=self.random.choice([b"", self.address(key.family)]),
        )
        return PutEntry(key, flow)

    def operation(self) -> Operation:
        makers = [
            self.put_endpoint, self.put_identity, self.put_service, self.put_rule,
            self.put_entry, self.remove, self.remove_identity,
        ]  # fmt: skip
        return self.random.choice(makers)()
