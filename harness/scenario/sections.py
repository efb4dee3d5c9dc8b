"""The sections of a topology, which control-plane operations use too: things by their names.

Each section function reads one section and yields the operations that it amounts to. `mode` says
whether the names have to be new (add), known (replace), or lend what is not given (change).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from enum import Enum
from typing import Final

from harness.scenario.address import address_reader, network_word
from harness.scenario.backend import NamedBackends, read_backends
from harness.scenario.document import Node, Scalar, Sequence
from harness.scenario.endpoint import identity_reader, read_endpoint
from harness.scenario.error import FormatError
from harness.scenario.reading import Fields, integer, mapping, named_entries, named_scalar, unknown
from harness.scenario.registry import NamedService, Registry, claim
from harness.scenario.rule import read_rule
from harness.scenario.service import check_distinct, find_service, read_service
from model.domain.address import Family
from model.domain.endpoint import IdentityPrefix
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutIdentity,
    PutRule,
    PutService,
    RemoveRule,
)


class Mode(Enum):
    """What a section does to the names in it."""

    ADD = "add"
    REPLACE = "replace"
    CHANGE = "change"


Section = Callable[[Registry, Node, Mode], Iterator[Operation]]
IDENTITY_NUMBER: Final = integer(3, 0xFFFFFFFF)


def check_known(word: Scalar, known: Collection[str], what: str, mode: Mode) -> None:
    """Refuse to add what is there, and to replace or change what is not."""
    if mode is Mode.ADD and word.text in known:
        raise FormatError(word.place, f"{what} {word.text!r} is there already", "use replace")
    if mode is not Mode.ADD and word.text not in known:
        raise unknown(word, what, known)


def identities(registry: Registry, node: Node, _mode: Mode) -> Iterator[Operation]:
    """Names of identities: a list, or names with their numbers. No operation comes of it."""
    numbers: list[tuple[Scalar, int | None]]
    if isinstance(node, Sequence):
        numbers = [(named_scalar(item), None) for item in node.items]
    else:
        numbers = [(word, IDENTITY_NUMBER(value)) for _, word, value in named_entries(node)]
    for word, number in numbers:
        check_known(word, registry.identities, "identity", Mode.ADD)
        taken = registry.identities.values()
        registry.identities[word.text] = claim(registry.identity_numbers, number, taken, word)
    yield from ()


def networks(registry: Registry, node: Node, _mode: Mode) -> Iterator[Operation]:
    """Names of networks, for policy rules and prefixes. No operation comes of it."""
    for key, _, value in named_entries(node):
        given = Fields(value, f"network {key!r}", ("ipv4", "ipv6"))
        values = given.node.entries.values()
        found = tuple(network for word in values for network in network_word(registry, word)[1])
        registry.networks[key] = found
    yield from ()


def peers(registry: Registry, node: Node, _mode: Mode) -> Iterator[Operation]:
    """Names of addresses outside the node. No operation comes of it."""
    for key, word, value in named_entries(node):
        registry.check_new(word, "peer")
        given = Fields(value, f"peer {key!r}", ("ipv4", "ipv6"))
        pair = (
            given.optional("ipv4", address_reader(Family.IPV4), None),
            given.optional("ipv6", address_reader(Family.IPV6), None),
        )
        registry.peers[key] = tuple(address for address in pair if address is not None)
    yield from ()


def endpoints(registry: Registry, node: Node, mode: Mode) -> Iterator[Operation]:
    """Endpoints."""
    for key, word, value in named_entries(node):
        check_known(word, registry.endpoints, "endpoint", mode)
        registry.check_new(word, "endpoint")
        kept = registry.endpoints.get(key)
        base = kept if mode is Mode.CHANGE else None
        yield PutEndpoint(read_endpoint(registry, word, value, base, kept))


def prefixes(registry: Registry, node: Node, mode: Mode) -> Iterator[Operation]:
    """Prefixes, or names that stand for some, with the identity that they have (POL-3)."""
    table = mapping(node)
    for key, value in table.entries.items():
        word, found = network_word(registry, table.keys[key])
        identity = identity_reader(registry)(value)
        for network in found:
            known = (word.text,) if network in registry.prefixes else ()
            check_known(word, known, "prefix", mode)
            registry.prefixes[network] = identity
            yield PutIdentity(IdentityPrefix(network, identity))


def services(registry: Registry, node: Node, mode: Mode) -> Iterator[Operation]:
    """Services."""
    for key, word, value in named_entries(node):
        check_known(word, registry.services, "service", mode)
        registry.check_new(word, "service")
        kept = registry.services.get(key)
        base = kept if mode is Mode.CHANGE else None
        yield PutService(read_service(registry, word, value, base, kept))


def backends(registry: Registry, node: Node, mode: Mode) -> Iterator[Operation]:
    """Backends of services that are there: `{web: {server: {...}}}`."""
    for key, word, value in named_entries(node):
        named = find_service(registry, word)
        for _, inner, _ in named_entries(value):
            check_known(inner, named.backends, "backend", mode)
        bases = named.backends if mode is Mode.CHANGE else {}
        read = read_backends(registry, value, bases, named)
        operation = put_backends(registry, key, named.backends | read)
        check_distinct(registry, word, operation.service)
        yield operation


def put_backends(registry: Registry, key: str, named_backends: NamedBackends) -> PutService:
    """The operation that gives a service these backends."""
    service = replace(
        registry.services[key].service,
        backends=tuple(backend for pair in named_backends.values() for backend in pair),
    )
    registry.services[key] = NamedService(service, named_backends)
    return PutService(service)


def rules(registry: Registry, node: Node, mode: Mode) -> Iterator[Operation]:
    """Policy rules."""
    for key, word, value in named_entries(node):
        check_known(word, registry.rules, "rule", mode)
        kept = registry.rules.get(key)
        read = read_rule(registry, word, value, kept)
        stale = kept.identifiers[len(read) :] if kept else ()
        yield from (RemoveRule(number) for number in stale)
        yield from (PutRule(rule) for rule in read)


SECTIONS: Final[dict[str, Section]] = {
    "identities": identities,
    "networks": networks,
    "peers": peers,
    "endpoints": endpoints,
    "prefixes": prefixes,
    "services": services,
    "backends": backends,
    "rules": rules,
}
"""Every section, in the order in which they are read whatever their order in the file."""
