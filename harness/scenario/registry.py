"""What a scenario has named so far, and the numbers that names stand for.

Numbers are handed out in the order of the file, so that the same file always gives the same ones.
Names stay known after what they name was removed: late packets of a removed pod are worth sending.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError
from harness.step import START_CLOCK
from model.domain.address import Address, Family, Network
from model.domain.configuration import Configuration
from model.domain.endpoint import HOST_IDENTITY, WORLD_IDENTITY, Endpoint
from model.domain.service import Backend, Service

FIRST_IDENTITY: Final = 100
FIRST_INTERFACE: Final = 10


class Numbers:
    """Numbers of one kind of thing; one that was handed out is not handed out again."""

    def __init__(self, first: int) -> None:
        self._next = first
        self.used: set[int] = set()

    @property
    def next(self) -> int:
        """The number that `take` would give."""
        while self._next in self.used:
            self._next += 1
        return self._next

    def take(self) -> int:
        """The next number that was never used."""
        number = self.next
        self.use(number)
        return number

    def use(self, number: int) -> None:
        """Keep a number from being handed out."""
        self.used.add(number)


def claim(numbers: Numbers, given: int | None, taken: Container[int], word: Scalar) -> int:
    """The number that was given, which nothing else may have, or the next one."""
    if given is None:
        return numbers.take()
    if given in taken:
        raise FormatError(word.place, f"number {given} of {word.text!r} is taken", "give another")
    numbers.use(given)
    return given


@dataclass(slots=True)
class NamedService:
    """A service, with its backends by name; a name stands for one backend in each family."""

    service: Service
    backends: dict[str, tuple[Backend, ...]]


@dataclass(slots=True)
class NamedRule:
    """A rule's identifiers: two where it names networks of both families."""

    endpoint: int
    identifiers: tuple[int, ...]


@dataclass(slots=True)
class Registry:
    """Names and numbers, the configuration in force, and the clock (nanoseconds)."""

    configuration: Configuration = field(default_factory=Configuration)
    clock: int = START_CLOCK
    identities: dict[str, int] = field(
        default_factory=lambda: {"host": HOST_IDENTITY, "world": WORLD_IDENTITY}
    )
    prefixes: dict[Network, int] = field(default_factory=dict)
    networks: dict[str, tuple[Network, ...]] = field(default_factory=dict)
    peers: dict[str, tuple[Address, ...]] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    services: dict[str, NamedService] = field(default_factory=dict)
    rules: dict[str, NamedRule] = field(default_factory=dict)
    past_endpoints: dict[str, Endpoint] = field(default_factory=dict)
    past_services: dict[str, NamedService] = field(default_factory=dict)
    identity_numbers: Numbers = field(default_factory=lambda: Numbers(FIRST_IDENTITY))
    endpoint_numbers: Numbers = field(default_factory=lambda: Numbers(1))
    interface_numbers: Numbers = field(default_factory=lambda: Numbers(FIRST_INTERFACE))
    service_numbers: Numbers = field(default_factory=lambda: Numbers(1))
    backend_numbers: Numbers = field(default_factory=lambda: Numbers(1))
    rule_numbers: Numbers = field(default_factory=lambda: Numbers(1))

    def known_endpoints(self) -> dict[str, Endpoint]:
        """Endpoints that are there or were."""
        return self.past_endpoints | self.endpoints

    def known_services(self) -> dict[str, NamedService]:
        """Services that are there or were."""
        return self.past_services | self.services

    def names(self) -> dict[str, str]:
        """Every name that can stand for an address, and what has it."""
        return (
            dict.fromkeys(self.peers, "peer")
            | dict.fromkeys(self.known_services(), "service")
            | dict.fromkeys(self.known_endpoints(), "endpoint")
        )

    def check_new(self, word: Scalar, kind: str) -> None:
        """Refuse a name under which packets already reach something else."""
        holder = self.names().get(word.text, kind)
        if holder != kind:
            problem = f"{word.text!r} is the name of a {holder} already"
            raise FormatError(word.place, problem, "give each its own name")


def of_family(addresses: tuple[Address, ...], family: Family) -> Address | None:
    """The address of a family among those of one name."""
    length = 4 if family is Family.IPV4 else 16
    return next((address for address in addresses if len(address) == length), None)
