"""What the control plane knows while packets are timed: one pod as there are many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.bench.addresses import (
    ADDRESSES,
    BACKENDS,
    INTERFACE,
    REMOTES,
    SERVICES,
    Addresses,
)
from model.domain.address import Family, Network
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.operation import Operation, PutEndpoint, PutIdentity, PutRule, PutService
from model.domain.policy import IdentityPeer, PolicyRule, PortRange, RuleVerdict
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service

ENDPOINT: Final = 1
POD_IDENTITY: Final = 100
REMOTE_IDENTITY: Final = 200
SERVICE_PORT: Final = 80
BACKEND_PORT: Final = 8080
POD_PORT: Final = 8080
DENIED_PORT: Final = 9999
DNS_PORT: Final = 53
SINGLE_SERVICE: Final = 0
"""Number of the service with one backend, so that its replies are known beforehand."""

EMPTY_SERVICE: Final = SERVICES
"""Number of the service that has no backends; the others have several."""

BACKENDS_OF: Final = {SINGLE_SERVICE: 1, EMPTY_SERVICE: 0}

MOST_BACKENDS: Final = 1000
"""Backends of one service and family at most: their identifiers are told apart by it."""

OTHER_RULES: Final = 100
"""Rules about peers that no packet comes from or goes to."""


def topology() -> tuple[Operation, ...]:
    """One transaction."""
    v4, v6 = ADDRESSES[Family.IPV4], ADDRESSES[Family.IPV6]
    isolated = frozenset({Direction.EGRESS, Direction.INGRESS})
    endpoint = Endpoint(ENDPOINT, "pod", INTERFACE, POD_IDENTITY, v4.pod, v6.pod, isolated)
    return (
        PutEndpoint(endpoint),
        *identities(v4),
        *identities(v6),
        *(PutRule(rule) for rule in rules()),
        *(PutService(service(n, BACKENDS_OF.get(n, BACKENDS))) for n in range(SERVICES + 1)),
    )


def identities(addresses: Addresses) -> Iterator[Operation]:
    """Pods on other nodes are known by their whole address."""
    length = len(addresses.pod) * 8
    for number in range(REMOTES):
        network = Network(addresses.remote(number), length)
        yield PutIdentity(IdentityPrefix(network, REMOTE_IDENTITY))
    for number in range(BACKENDS * SERVICES):
        network = Network(addresses.backend(number), length)
        yield PutIdentity(IdentityPrefix(network, REMOTE_IDENTITY))


def rules() -> Iterator[PolicyRule]:
    """Ports that remote pods may reach and be reached at, behind many rules about others."""
    allowed = [
        (TCP, PortRange(BACKEND_PORT, BACKEND_PORT)),
        (UDP, PortRange(DNS_PORT, DNS_PORT)),
        (UDP, PortRange(BACKEND_PORT, BACKEND_PORT)),
        (SCTP, PortRange(SERVICE_PORT, SERVICE_PORT)),
        (ICMP, None),
        (ICMPV6, None),
    ]
    number = 0
    for direction in Direction:
        for protocol, ports in allowed:
            number += 1
            yield rule(number, direction, REMOTE_IDENTITY, protocol, ports)
        for other in range(OTHER_RULES // 2):
            number += 1
            ports = PortRange(1000 + other, 1000 + other)
            yield rule(number, direction, 1000 + other, TCP, ports)


def rule(
    identifier: int, direction: Direction, identity: int, protocol: int, ports: PortRange | None
) -> PolicyRule:
    """A rule of the pod that allows."""
    peer = IdentityPeer(identity)
    allow = RuleVerdict.ALLOW
    return PolicyRule(identifier, ENDPOINT, direction, 100, allow, peer, protocol, ports)


def service(number: int, backends: int = BACKENDS) -> Service:
    """A service in both families: TCP, UDP for names, SCTP."""
    families = ADDRESSES.values()
    ports = ((TCP, SERVICE_PORT), (UDP, DNS_PORT), (SCTP, SERVICE_PORT))
    frontends = tuple(
        Frontend(FrontendKind.CLUSTER_IP, FrontendKey(one.service(number), port, protocol))
        for one in families
        for protocol, port in ports
    )
    servers = tuple(servers_of(number, backends))
    return Service(number + 1, f"service-{number}", frontends, servers, maglev_size=1021)


def servers_of(number: int, count: int) -> Iterator[Backend]:
    """The service's backends. No two services share one: their connections would clash (NAT-4)."""
    for table, addresses in enumerate(ADDRESSES.values()):
        for server in range(count):
            identifier = (number * len(ADDRESSES) + table) * MOST_BACKENDS + server + 1
            place = number * BACKENDS + server
            yield Backend(identifier, addresses.backend(place), BACKEND_PORT)
