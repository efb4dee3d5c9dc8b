"""Endpoints and identities."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from model.domain.address import Address, Family, Network

HOST_IDENTITY: Final = 1
"""The node itself (POL-6)."""

WORLD_IDENTITY: Final = 2
"""Every peer without an identity of its own (POL-3)."""


class Direction(IntEnum):
    """Direction of a policy rule, seen from the pod."""

    EGRESS = 0
    INGRESS = 1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A pod's interface.

    `identifier` is unique among endpoints and not 0; `interface` is the interface index that the
    two programs sit on. A missing family is None. `isolated` holds the directions in which
    nothing is allowed without a rule (POL-2).
    """

    identifier: int
    name: str
    interface: int
    identity: int
    ipv4: Address | None = None
    ipv6: Address | None = None
    isolated: frozenset[Direction] = frozenset()

    def address(self, family: Family) -> Address | None:
        """The endpoint's address of a family."""
        return self.ipv4 if family is Family.IPV4 else self.ipv6


@dataclass(frozen=True, slots=True)
class IdentityPrefix:
    """All addresses of a prefix, but for longer prefixes, have an identity (POL-3)."""

    network: Network
    identity: int
