"""Policy rules, as people write them: the compiled form is the datapath's own affair (POL-7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from model.domain.address import Network
from model.domain.endpoint import Direction

NO_RULE: Final = 0
"""Reported where no rule matched and isolation decided (POL-2)."""

HOST_RULE: Final = 0x3FFFFFFF
"""Reported where the node was let in without a rule (POL-6)."""

MAXIMUM_RULE_IDENTIFIER: Final = HOST_RULE - 1


class RuleVerdict(IntEnum):
    """What a rule says. Deny is smaller, so that it sorts first within a priority (POL-1)."""

    DENY = 0
    ALLOW = 1


@dataclass(frozen=True, slots=True)
class AnyPeer:
    """Every peer."""


@dataclass(frozen=True, slots=True)
class IdentityPeer:
    """Peers with an identity, by longest prefix (POL-3)."""

    identity: int


@dataclass(frozen=True, slots=True)
class CidrPeer:
    """Peers by address alone: inside `network`, outside every exception (POL-3)."""

    network: Network
    exceptions: tuple[Network, ...] = ()


Peer = AnyPeer | IdentityPeer | CidrPeer


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports from `first` to `last`, both included; for ICMP type * 256 + code."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of one endpoint (POL-1).

    `identifier` is unique over all endpoints, from 1 to MAXIMUM_RULE_IDENTIFIER. `endpoint` is the
    endpoint's identifier. None stands for any protocol and any port; ports need a protocol
    that has them.
    """

    identifier: int
    endpoint: int
    direction: Direction
    priority: int
    verdict: RuleVerdict
    peer: Peer = AnyPeer()
    protocol: int | None = None
    ports: PortRange | None = None
