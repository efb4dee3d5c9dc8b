"""Who gives numbers to endpoints' IPv6 addresses, and when they are free again (CT-1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from harness.datapath.codec.endpoint_number import NO_NUMBER, EndpointNumbers
from harness.datapath.control_plane.allocation import SlotAllocator
from harness.datapath.control_plane.journal import Journal
from harness.subject import OperationError
from model.domain.address import Address, Family, family_of

PLENTY: Final = 4
"""While so many numbers are left for each that is in use, nobody looks for unused ones."""


class NumberAllocator:
    """Gives a number to each IPv6 address that an endpoint or an entry has, from 1 to `most`.

    An address keeps its number while an endpoint has it or an entry names it: so its flows outlive
    a change of interface, as those of an IPv4 address do. `numbers` are empty at the start.
    """

    def __init__(self, numbers: EndpointNumbers, most: int) -> None:
        numbers.by_address.clear()
        numbers.by_number.clear()
        self._numbers = numbers
        self._most = most
        self._free = SlotAllocator(most + 1, first=NO_NUMBER + 1)

    def take(self, address: Address | None, journal: Journal) -> int:
        """The number of an address, a new one if need be; none for IPv4 and no address at all.

        Raises OperationError where all numbers are in use.
        """
        if address is None or family_of(address) is Family.IPV4:
            return NO_NUMBER
        known = self._numbers.by_address.get(address)
        if known is not None:
            return known
        number = self._free.allocate(journal)
        if number is None:
            raise OperationError(
                f"all {self._most:,} numbers of endpoints' IPv6 addresses are in use: let the"
                f" collector run, so that those of addresses without endpoint and entry are free"
            )
        journal.set(self._numbers.by_address, address, number)
        journal.set(self._numbers.by_number, number, address)
        return number

    @property
    def is_scarce(self) -> bool:
        """Whether it is time to look for numbers that nobody uses any more."""
        in_use = len(self._numbers.by_number)
        return in_use * (PLENTY + 1) > self._most

    def keep(self, addresses: Collection[Address], numbers: Collection[int]) -> None:
        """Free every number but those of these addresses, and these.

        What was free for the longest time is given first, since packets that met an old endpoint
        may still be under way.
        """
        for number, address in list(self._numbers.by_number.items()):
            if number not in numbers and address not in addresses:
                del self._numbers.by_number[number], self._numbers.by_address[address]
                self._free.release(number)
