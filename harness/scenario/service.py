"""One entry of the `services:` section."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from harness.scenario.address import KIND_NAMES, address_reader
from harness.scenario.backend import read_backends
from harness.scenario.document import Node, Scalar
from harness.scenario.duration import duration
from harness.scenario.error import FormatError
from harness.scenario.protocol import protocol
from harness.scenario.reading import Fields, choice, integer, sequence, unknown
from harness.scenario.registry import NamedService, Registry, claim
from model.domain.address import Family
from model.domain.protocol import PORT_PROTOCOLS, TCP
from model.domain.service import (
    DEFAULT_MAGLEV_SIZE,
    Algorithm,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)

KEYS: Final = (
    "id",
    "frontends",
    "backends",
    "algorithm",
    "maglev_size",
    "affinity",
    "internal_traffic_policy",
    "external_traffic_policy",
)
NUMBER: Final = integer(1, 0xFFFFFFFF)
PORT: Final = integer(1, 0xFFFF)
ALGORITHMS: Final = {algorithm.value: algorithm for algorithm in Algorithm}
LOCAL: Final = {"local": True, "cluster": False}
LARGEST_MAGLEV: Final = 131_071


def read_service(
    registry: Registry,
    word: Scalar,
    node: Node,
    base: NamedService | None,
    kept: NamedService | None,
) -> Service:
    """A service. `base` lends what is not given, `kept` only the identifiers (LB-6a)."""
    given = Fields(node, f"service {word.text!r}", KEYS)
    number = given.optional("id", NUMBER, kept.service.identifier if kept else None)
    others = {
        named.service.identifier for name, named in registry.services.items() if name != word.text
    }
    start = base.service if base else Service(0, word.text, (), ())
    backends = base.backends if base else {}
    if "backends" in given:
        backends = given.required(
            "backends", lambda inner: read_backends(registry, inner, {}, kept)
        )
    service = replace(
        start,
        identifier=claim(registry.service_numbers, number, others, word),
        frontends=given.optional("frontends", read_frontends, start.frontends),
        backends=tuple(backend for pair in backends.values() for backend in pair),
        **read_settings(registry, given),
    )
    check_distinct(registry, word, service)
    registry.services[word.text] = NamedService(service, backends)
    return service


def check_distinct(registry: Registry, word: Scalar, service: Service) -> None:
    """Refuse a backend that is there twice, and a frontend of two services (LB-2)."""
    places = [(backend.address, backend.port) for backend in service.backends]
    if len(set(places)) < len(places):
        problem = f"service {word.text!r} has two backends with the same address and port"
        raise FormatError(word.place, problem, "remove one")
    own = {frontend.key for frontend in service.frontends}
    for name, named in registry.services.items():
        if name != word.text and own & {frontend.key for frontend in named.service.frontends}:
            problem = f"service {word.text!r} has a frontend that service {name!r} has"
            raise FormatError(word.place, problem, "give it another address, port or protocol")


def read_settings(registry: Registry, given: Fields) -> dict[str, Any]:
    """Algorithm, affinity and traffic policies, as far as they are given."""
    settings: dict[str, Any] = {}
    readers = {
        "algorithm": ("algorithm", choice(ALGORITHMS)),
        "maglev_size": ("maglev_size", maglev_size),
        "affinity": ("affinity_timeout", duration(registry.configuration.timeouts, low=1)),
        "internal_traffic_policy": ("internal_local", choice(LOCAL)),
        "external_traffic_policy": ("external_local", choice(LOCAL)),
    }
    for key, (attribute, read) in readers.items():
        if key in given:
            settings[attribute] = given.required(key, read)
    return settings


def maglev_size(node: Node) -> int:
    """The size of a Maglev table, a prime (LB-3a)."""
    size = integer(2, LARGEST_MAGLEV)(node)
    if any(size % divisor == 0 for divisor in range(2, int(size**0.5) + 1)):
        remedy = f"use one like 251, 1021 or {DEFAULT_MAGLEV_SIZE}"
        raise FormatError(node.place, f"{size} is no prime", remedy)
    return size


def read_frontends(node: Node) -> tuple[Frontend, ...]:
    """Frontends in order; one with addresses of both families is two."""
    frontends = tuple(frontend for item in sequence(node).items for frontend in read_frontend(item))
    keys = [frontend.key for frontend in frontends]
    if len(set(keys)) < len(keys):
        raise FormatError(node.place, "the same address, port and protocol twice", "remove one")
    return frontends


def read_frontend(node: Node) -> tuple[Frontend, ...]:
    """A frontend in one family or both (LB-1)."""
    given = Fields(node, "frontend", ("kind", "ipv4", "ipv6", "port", "protocol"))
    kind = given.optional("kind", choice(KIND_NAMES), FrontendKind.CLUSTER_IP)
    port = given.required("port", PORT)
    number = given.optional("protocol", protocol, TCP)
    if number not in PORT_PROTOCOLS:
        raise FormatError(node.place, "a frontend's protocol has ports", "use tcp, udp or sctp")
    addresses = (
        given.optional("ipv4", address_reader(Family.IPV4), None),
        given.optional("ipv6", address_reader(Family.IPV6), None),
    )
    found = tuple(
        Frontend(kind, FrontendKey(address, port, number))
        for address in addresses
        if address is not None
    )
    if not found:
        raise FormatError(node.place, "frontend without an address", "add ipv4 or ipv6")
    return found


def find_service(registry: Registry, word: Scalar) -> NamedService:
    """A service that is there."""
    if word.text not in registry.services:
        raise unknown(word, "service", registry.services)
    return registry.services[word.text]


def remove_service(registry: Registry, word: Scalar) -> int:
    """Forget a service; its identifier."""
    named = find_service(registry, word)
    del registry.services[word.text]
    registry.past_services[word.text] = named
    return named.service.identifier
