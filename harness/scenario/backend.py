"""The `backends:` of a service, by name."""

from __future__ import annotations

from typing import Final

from harness.scenario.address import FAMILY_WORDS, KIND_NAMES, address_reader, named_addresses
from harness.scenario.document import Node, Scalar
from harness.scenario.error import FormatError
from harness.scenario.reading import Fields, boolean, choice, integer, named_entries, scalar
from harness.scenario.registry import NamedService, Registry, claim
from model.domain.address import Address, Family, family_of
from model.domain.service import Backend, BackendState

KEYS: Final = ("id", "endpoint", "ipv4", "ipv6", "port", "state", "serving", "local")
STATES: Final = {state.name.lower(): state for state in BackendState}
NUMBER: Final = integer(1, 0xFFFFFFFF)
PORT: Final = integer(1, 0xFFFF)

NamedBackends = dict[str, tuple[Backend, ...]]


def read_backends(
    registry: Registry, node: Node, bases: NamedBackends, kept: NamedService | None
) -> NamedBackends:
    """Backends by name. `bases` lend what is not given.

    A backend whose address and port are among those of `kept` keeps its identifier: it stays in
    the service (LB-6a).
    """
    stay = (
        {(one.address, one.port): one.identifier for one in kept.service.backends} if kept else {}
    )
    backends: NamedBackends = {}
    for name, word, value in named_entries(node):
        if name in KIND_NAMES:
            raise FormatError(word.place, f"{name!r} is a kind of frontend", "choose another name")
        backends[name] = read_backend(registry, word, value, bases.get(name, ()), stay)
    return backends


def read_backend(
    registry: Registry,
    word: Scalar,
    node: Node,
    bases: tuple[Backend, ...],
    stay: dict[tuple[Address, int], int],
) -> tuple[Backend, ...]:
    """A backend in each family that it has an address of."""
    given = Fields(node, f"backend {word.text!r}", KEYS)
    base = bases[0] if bases else None
    port = given.optional("port", PORT, base.port) if base else given.required("port", PORT)
    state = given.optional("state", choice(STATES), base.state if base else BackendState.ACTIVE)
    serving = given.optional("serving", boolean, base.serving if base else True)
    local = given.optional("local", boolean, base.local if base else True)
    numbers = read_numbers(given)
    return tuple(
        Backend(
            backend_number(registry, word, numbers.get(family_of(address)), stay, (address, port)),
            address,
            port,
            state,
            serving,
            local,
        )
        for address in backend_addresses(registry, word, given, bases)
    )


def backend_addresses(
    registry: Registry, word: Scalar, given: Fields, bases: tuple[Backend, ...]
) -> tuple[Address, ...]:
    """A backend's addresses: an endpoint's, those written out, or those that it had."""
    if "endpoint" in given:
        if "ipv4" in given or "ipv6" in given:
            raise FormatError(given.node.place, "endpoint and address together", "keep one")
        name = given.required("endpoint", scalar)
        return named_addresses(registry, name.text, name.place)
    pair = (
        given.optional("ipv4", address_reader(Family.IPV4), None),
        given.optional("ipv6", address_reader(Family.IPV6), None),
    )
    found = tuple(address for address in pair if address is not None)
    found = found or tuple(base.address for base in bases)
    if not found:
        problem = f"backend {word.text!r} without an address"
        raise FormatError(given.node.place, problem, "add endpoint, ipv4 or ipv6")
    return found


def read_numbers(given: Fields) -> dict[Family, int]:
    """Identifiers given: `id: {ipv4: 3, ipv6: 4}`."""

    def read(node: Node) -> dict[Family, int]:
        inner = Fields(node, "id", ("ipv4", "ipv6"))
        return {
            family: inner.required(key, NUMBER)
            for family, key in ((Family.IPV4, "ipv4"), (Family.IPV6, "ipv6"))
            if key in inner
        }

    return given.optional("id", read, {})


def backend_number(
    registry: Registry,
    word: Scalar,
    given: int | None,
    stay: dict[tuple[Address, int], int],
    place: tuple[Address, int],
) -> int:
    """The identifier given, the one that the backend had, or a new one; never one used before."""
    if given is not None and given == stay.get(place):
        return given
    if given is None and place in stay:
        return stay[place]
    taken = registry.backend_numbers.used - set(stay.values())
    return claim(registry.backend_numbers, given, taken, word)


def backend_identifier(registry: Registry, word: Scalar, family: Family) -> int:
    """The identifier of `service/backend` in a family."""
    service_name, _, name = word.text.partition("/")
    named = registry.known_services().get(service_name)
    pair = named.backends.get(name, ()) if named else ()
    for backend in pair:
        if family_of(backend.address) is family:
            return backend.identifier
    problem = f"{word.text!r} is no backend with an {FAMILY_WORDS[family]} address"
    raise FormatError(word.place, problem, "write service/backend")
