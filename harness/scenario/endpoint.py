"""One entry of the `endpoints:` section."""

from __future__ import annotations

from typing import Final

from harness.scenario.address import address_reader
from harness.scenario.document import Node, Scalar
from harness.scenario.reading import Fields, Reader, choice, integer, listing, scalar, unknown
from harness.scenario.registry import Registry, claim
from model.domain.address import Family
from model.domain.endpoint import Direction, Endpoint

KEYS: Final = ("id", "interface", "identity", "ipv4", "ipv6", "isolated")
DIRECTIONS: Final = {direction.name.lower(): direction for direction in Direction}
NUMBER: Final = integer(1, 0xFFFFFFFF)
INTERFACE: Final = integer(1, 0x7FFFFFFF)


def read_endpoint(
    registry: Registry, word: Scalar, node: Node, base: Endpoint | None, kept: Endpoint | None
) -> Endpoint:
    """An endpoint. `base` lends what is not given, `kept` only the two numbers."""
    given = Fields(node, f"endpoint {word.text!r}", KEYS)
    identity = identity_reader(registry)
    endpoint = Endpoint(
        identifier=endpoint_number(registry, word, given, kept),
        name=word.text,
        interface=interface_number(registry, word, given, kept),
        identity=(
            given.optional("identity", identity, base.identity)
            if base
            else given.required("identity", identity)
        ),
        ipv4=given.optional("ipv4", address_reader(Family.IPV4), base.ipv4 if base else None),
        ipv6=given.optional("ipv6", address_reader(Family.IPV6), base.ipv6 if base else None),
        isolated=given.optional(
            "isolated",
            lambda inner: frozenset(listing(choice(DIRECTIONS))(inner)),
            base.isolated if base else frozenset(),
        ),
    )
    registry.endpoints[word.text] = endpoint
    return endpoint


def identity_reader(registry: Registry) -> Reader[int]:
    """An identity by its name."""

    def read(node: Node) -> int:
        word = scalar(node)
        if word.text not in registry.identities:
            raise unknown(word, "identity", registry.identities)
        return registry.identities[word.text]

    return read


def endpoint_number(registry: Registry, word: Scalar, given: Fields, kept: Endpoint | None) -> int:
    """The endpoint's identifier."""
    number = given.optional("id", NUMBER, kept.identifier if kept else None)
    others = {one.identifier for one in registry.endpoints.values() if one.name != word.text}
    return claim(registry.endpoint_numbers, number, others, word)


def interface_number(registry: Registry, word: Scalar, given: Fields, kept: Endpoint | None) -> int:
    """The interface index; two endpoints cannot share one."""
    number = given.optional("interface", INTERFACE, kept.interface if kept else None)
    others = {one.interface for one in registry.endpoints.values() if one.name != word.text}
    return claim(registry.interface_numbers, number, others, word)


def remove_endpoint(registry: Registry, word: Scalar) -> int:
    """Forget an endpoint and its rules; its identifier."""
    if word.text not in registry.endpoints:
        raise unknown(word, "endpoint", registry.endpoints)
    endpoint = registry.endpoints.pop(word.text)
    registry.past_endpoints[word.text] = endpoint
    registry.rules = {
        name: rule for name, rule in registry.rules.items() if rule.endpoint != endpoint.identifier
    }
    return endpoint.identifier


def find_endpoint(registry: Registry, word: Scalar) -> Endpoint:
    """An endpoint that is there or was."""
    known = registry.known_endpoints()
    if word.text not in known:
        raise unknown(word, "endpoint", known)
    return known[word.text]
