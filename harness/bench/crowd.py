"""Services, rules and endpoints in numbers, beside those of the topology."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.bench.addresses import SERVICES, raised
from harness.bench.topology import (
    BACKEND_PORT,
    ENDPOINT,
    MOST_BACKENDS,
    REMOTE_IDENTITY,
    SERVICE_PORT,
    rule,
    service,
)
from model.domain.address import Network, parse_address
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.operation import Operation, PutEndpoint, PutIdentity, PutRule, PutService
from model.domain.policy import PortRange
from model.domain.protocol import TCP
from model.domain.service import Algorithm, Backend, Frontend, FrontendKey, FrontendKind, Service

FIRST_IDENTIFIER: Final = 10_000
"""Above those of the topology, and far above its backends' (MOST_BACKENDS for each service)."""

FIRST_WIDE_IDENTIFIER: Final = 1_000_000_000

FIRST_SERVICE_ADDRESS: Final = parse_address("10.112.0.1")
FIRST_BACKEND_ADDRESS: Final = parse_address("10.128.0.1")
FIRST_ENDPOINT_ADDRESS: Final = parse_address("10.0.4.1")
FIRST_PEER_ADDRESS: Final = parse_address("10.64.0.1")
FIRST_CROWD_IDENTITY: Final = 2_000
RULES_EACH: Final = 20
"""Rules about one peer."""

FIRST_INTERFACE: Final = 1_000
BACKENDS_EACH: Final = 10
SMALL_TABLE: Final = 251
"""Maglev tables of the crowd: those of the default size would not all find room."""


def services(count: int, with_maglev: bool = False) -> tuple[Operation, ...]:
    """So many more services, each with a frontend and ten backends."""
    return tuple(PutService(service_of_crowd(number, with_maglev)) for number in range(count))


def service_of_crowd(
    number: int, with_maglev: bool = False, backends: int = BACKENDS_EACH
) -> Service:
    """One of many services. Without Maglev it chooses at random."""
    address = raised(FIRST_SERVICE_ADDRESS, number)
    first = (number + SERVICES + 1) * 2 * MOST_BACKENDS
    servers = tuple(
        Backend(
            first + place,
            raised(FIRST_BACKEND_ADDRESS, number * BACKENDS_EACH + place),
            BACKEND_PORT,
        )
        for place in range(backends)
    )
    return Service(
        FIRST_IDENTIFIER + number,
        f"crowd-{number}",
        (Frontend(FrontendKind.CLUSTER_IP, FrontendKey(address, SERVICE_PORT, TCP)),),
        servers,
        algorithm=Algorithm.MAGLEV if with_maglev else Algorithm.RANDOM,
        maglev_size=SMALL_TABLE,
    )


def wide_service(backends: int) -> tuple[Operation, ...]:
    """The first service with several backends has so many instead."""
    servers = tuple(
        Backend(FIRST_WIDE_IDENTIFIER + place, raised(FIRST_BACKEND_ADDRESS, place), BACKEND_PORT)
        for place in range(backends)
    )
    wide = replace(service(1), backends=servers)
    known = tuple(
        PutIdentity(IdentityPrefix(Network(one.address, len(one.address) * 8), REMOTE_IDENTITY))
        for one in wide.backends
    )
    return *known, PutService(wide)


def rules(count: int) -> tuple[Operation, ...]:
    """So many more rules of the endpoint, about peers that are there and send nothing."""
    made: list[Operation] = []
    for number in range(count):
        port = 10_000 + number % 20_000
        identity = FIRST_CROWD_IDENTITY + number // RULES_EACH
        if number % RULES_EACH == 0:
            address = raised(FIRST_PEER_ADDRESS, number // RULES_EACH)
            made.append(PutIdentity(IdentityPrefix(Network(address, 32), identity)))
        made.append(
            PutRule(
                rule(
                    FIRST_IDENTIFIER + number,
                    Direction(number % 2),
                    identity,
                    TCP,
                    PortRange(port, port),
                )
            )
        )
    return tuple(made)


def endpoints(count: int) -> tuple[Operation, ...]:
    """So many more pods on this node."""
    return tuple(
        PutEndpoint(
            Endpoint(
                ENDPOINT + 1 + number,
                f"pod-{number}",
                FIRST_INTERFACE + number,
                300,
                raised(FIRST_ENDPOINT_ADDRESS, number),
            )
        )
        for number in range(count)
    )
