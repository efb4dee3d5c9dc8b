"""Numbers that stand for endpoints' IPv6 addresses in keys of conntrack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.domain.address import ADDRESS_LENGTH, Address, Family

NO_NUMBER: Final = 0
"""Stands for no address, so that nothing is ever found under it."""


class EndpointNumbers:
    """Which number an address has, and the other way round. The control plane gives them."""

    def __init__(self) -> None:
        self.by_address: dict[Address, int] = {}
        self.by_number: dict[int, Address] = {}

    def addresses(self, numbers: Sequence[int] | NDArray[np.uint16]) -> NDArray[Any]:
        """The addresses of numbers as words in network order; zeros where a number has none.

        Shape (len(numbers), 4).
        """
        unique, places = np.unique(numbers, return_inverse=True)
        nobody = bytes(ADDRESS_LENGTH[Family.IPV6])
        known = [self.by_number.get(number, nobody) for number in unique.tolist()]
        return np.frombuffer(b"".join(known), ">u4").reshape(-1, 4)[places]
