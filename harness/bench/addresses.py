"""Who takes part in measurements, the same in both families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model.domain.address import Address, Family, parse_address

INTERFACE: Final = 10
UNKNOWN_INTERFACE: Final = 11
"""An interface without an endpoint."""

REMOTES: Final = 64
SERVICES: Final = 64
BACKENDS: Final = 3


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of one family. A number is added to the first of several."""

    family: Family
    pod: Address
    router: Address
    first_remote: Address
    first_service: Address
    first_backend: Address

    def remote(self, number: int = 0) -> Address:
        """A pod on another node."""
        return raised(self.first_remote, number)

    def service(self, number: int = 0) -> Address:
        """A service's address. See topology.py for which has backends."""
        return raised(self.first_service, number)

    def backend(self, number: int = 0) -> Address:
        """A pod on another node that serves."""
        return raised(self.first_backend, number)


ADDRESSES: Final = {
    Family.IPV4: Addresses(
        Family.IPV4,
        *map(parse_address, ("10.0.0.10", "192.0.2.1", "10.2.0.1", "10.96.0.1", "10.3.0.1")),
    ),
    Family.IPV6: Addresses(
        Family.IPV6,
        *map(parse_address, ("fd00::10", "2001:db8::1", "fd00:2::1", "fd00:96::1", "fd00:3::1")),
    ),
}


def raised(address: Address, number: int) -> Address:
    """The address that comes so many after this one."""
    return (int.from_bytes(address, "big") + number).to_bytes(len(address), "big")


def last_word(address: Address) -> int:
    """The last four bytes of an address as a number."""
    return int.from_bytes(address[-4:], "big")
