"""Addresses and networks, written out or by name."""

from __future__ import annotations

import ipaddress
from typing import Final

from harness.scenario.document import Node, Scalar
from harness.scenario.error import FormatError, Place, one_of, shown
from harness.scenario.reading import Reader, scalar
from harness.scenario.registry import NamedService, Registry, of_family
from model.domain.address import Address, Family, Network, family_of, parse_address
from model.domain.service import FrontendKind

FAMILY_WORDS: Final = {Family.IPV4: "IPv4", Family.IPV6: "IPv6"}
EXAMPLES: Final = {Family.IPV4: "10.0.0.1", Family.IPV6: "fd00::1"}
KIND_NAMES: Final = {kind.value: kind for kind in FrontendKind}


def is_literal(word: str) -> bool:
    """Whether a word is meant as an address: names have no colon and begin with a letter."""
    return ":" in word or word[:1].isdigit()


def literal_address(word: str, place: Place, family: Family | None, otherwise: str = "") -> Address:
    """An address written out, of a family where one is asked for.

    `otherwise`: what may stand there instead, for the remedy where the family is the other one.
    """
    try:
        if "%" in word:  # a zone would be cut off without a word
            raise ValueError
        address = parse_address(word)
    except ValueError:
        kind = FAMILY_WORDS[family] if family else "IP"
        remedy = f"write one like {EXAMPLES[family or Family.IPV4]}"
        raise FormatError(place, f"{shown(word)} is no {kind} address", remedy) from None
    if family is not None and family_of(address) is not family:
        problem = f"{word} is no {FAMILY_WORDS[family]} address"
        raise FormatError(place, problem, f"write one like {EXAMPLES[family]}{otherwise}")
    return address


def address_reader(family: Family) -> Reader[Address]:
    """An address of one family, written out."""

    def read(node: Node) -> Address:
        word = scalar(node)
        return literal_address(word.text, word.place, family)

    return read


def resolve_address(registry: Registry, word: str, place: Place, family: Family) -> Address:
    """An address written out, or that of an endpoint, service, backend or peer, in a family."""
    if is_literal(word):
        return literal_address(word, place, family, ", or the name of a peer that has both")
    address = of_family(named_addresses(registry, word, place), family)
    if address is None:
        problem = f"{word!r} has no {FAMILY_WORDS[family]} address"
        raise FormatError(place, problem, "give it one or leave the family out")
    return address


def named_addresses(registry: Registry, word: str, place: Place) -> tuple[Address, ...]:
    """All addresses that a name stands for, at most one in each family."""
    endpoint = registry.known_endpoints().get(word)
    if endpoint is not None:
        return tuple(address for address in (endpoint.ipv4, endpoint.ipv6) if address is not None)
    if word in registry.peers:
        return registry.peers[word]
    service_name, _, part = word.partition("/")
    service = registry.known_services().get(service_name)
    if service is not None:
        return service_addresses(service, part, word, place)
    problem = f"{shown(word)} is neither an address nor a name"
    raise FormatError(place, problem, one_of(registry.names(), word))


def service_addresses(
    named: NamedService, part: str, word: str, place: Place
) -> tuple[Address, ...]:
    """Addresses of a service (`web`), of one kind of frontend (`web/node_port`) or of a backend."""
    if part in named.backends:
        return tuple(backend.address for backend in named.backends[part])
    frontends = named.service.frontends
    if part in KIND_NAMES:
        frontends = tuple(one for one in frontends if one.kind is KIND_NAMES[part])
    elif part:
        remedy = one_of([*named.backends, *KIND_NAMES], part)
        raise FormatError(place, f"{word!r} names neither a backend nor a kind", remedy)
    found: dict[Family, Address] = {}
    for frontend in frontends:
        found.setdefault(family_of(frontend.key.address), frontend.key.address)
    return tuple(found.values())


def literal_network(word: str, place: Place) -> Network:
    """A prefix written out."""
    address, _, length = word.partition("/")
    parsed = literal_address(address, place, None)
    bits = len(parsed) * 8
    if length and not (length.isdecimal() and len(length) <= 3 and int(length) <= bits):
        raise FormatError(place, f"{shown(word)} has no prefix length from 0 to {bits}")
    try:
        return Network.parse(word)
    except ValueError:
        network = ipaddress.ip_network(word, strict=False)
        raise FormatError(place, f"{word} has host bits set", f"write {network}") from None


def resolve_networks(registry: Registry, word: str, place: Place) -> tuple[Network, ...]:
    """Prefixes: one written out, or those of a named network, endpoint or peer."""
    if is_literal(word.partition("/")[0]):
        return (literal_network(word, place),)
    if word in registry.networks:
        return registry.networks[word]
    if word in registry.known_endpoints() or word in registry.peers:
        addresses = named_addresses(registry, word, place)
        return tuple(Network(address, len(address) * 8) for address in addresses)
    known = [*registry.networks, *registry.known_endpoints(), *registry.peers]
    raise FormatError(place, f"unknown network {shown(word)}", one_of(known, word))


def network_word(registry: Registry, node: Node) -> tuple[Scalar, tuple[Network, ...]]:
    """A node that names one or more prefixes, and the prefixes."""
    word = scalar(node)
    return word, resolve_networks(registry, word.text, word.place)
