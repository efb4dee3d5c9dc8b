"""Simpler values in place of domain values, the simplest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any, Final

from model.domain.address import Network
from model.domain.endpoint import Endpoint
from model.domain.policy import PolicyRule
from model.domain.service import Frontend, FrontendKind

PLAIN: Final[dict[tuple[type, str], object]] = {
    (PolicyRule, "priority"): 100,
    (Frontend, "kind"): FrontendKind.CLUSTER_IP,
}
"""Plain values of fields that have no default of their own."""

SHORTER_PREFIXES: Final = (0, 8, 16, 24, 32, 64)


def simpler(value: Any) -> Iterator[Any]:
    """Values of the same class that are simpler in one thing."""
    if isinstance(value, Network):
        yield from shorter_networks(value)
    elif isinstance(value, tuple) and not hasattr(value, "_fields"):
        yield from simpler_tuples(value)
    elif isinstance(value, frozenset):
        yield from (value - {item} for item in sorted(value))
    elif is_dataclass(value):
        yield from simpler_fields(value)


def simpler_tuples(value: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """One item fewer, or a simpler one."""
    for index in range(len(value)):
        yield value[:index] + value[index + 1 :]
    for index, item in enumerate(value):
        for other in simpler(item):
            yield (*value[:index], other, *value[index + 1 :])


def simpler_fields(value: Any) -> Iterator[Any]:
    """One field at its plain value, or simpler in itself."""
    for field in fields(value):
        now = getattr(value, field.name)
        plain = plain_value(type(value), field)
        if plain is not MISSING and now != plain and not is_last_address(value, field.name):
            yield replace(value, **{field.name: plain})
        for other in simpler(now):
            if other != plain:
                yield replace(value, **{field.name: other})


def is_last_address(value: Any, name: str) -> bool:
    """Whether a field is the only address that an endpoint has."""
    others = {"ipv4": "ipv6", "ipv6": "ipv4"}
    return isinstance(value, Endpoint) and name in others and getattr(value, others[name]) is None


def plain_value(owner: type, field: Field[Any]) -> object:
    """A field's plain value; MISSING where there is none."""
    if (owner, field.name) in PLAIN:
        return PLAIN[owner, field.name]
    if field.default is not MISSING:
        return field.default
    return MISSING if field.default_factory is MISSING else field.default_factory()


def shorter_networks(network: Network) -> Iterator[Network]:
    """Wider prefixes of the same address."""
    bits = 8 * len(network.address)
    number = int.from_bytes(network.address, "big")
    for length in SHORTER_PREFIXES:
        if length < network.length:
            cut = number >> bits - length << bits - length
            yield Network(cut.to_bytes(bits // 8, "big"), length)
