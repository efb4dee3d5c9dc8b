"""Services: frontends, backends and how one is chosen for the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final, NamedTuple

from model.domain.address import Address

DEFAULT_MAGLEV_SIZE: Final = 16381


class FrontendKind(Enum):
    """Where a frontend's address comes from (LB-1)."""

    CLUSTER_IP = "cluster_ip"
    EXTERNAL_IP = "external_ip"
    LOAD_BALANCER_IP = "load_balancer_ip"
    NODE_PORT = "node_port"


class BackendState(IntEnum):
    """State of a backend (LB-5)."""

    ACTIVE = 1
    TERMINATING = 2
    QUARANTINED = 3


class Algorithm(Enum):
    """How a backend is chosen (LB-3)."""

    MAGLEV = "maglev"
    RANDOM = "random"


class FrontendKey(NamedTuple):
    """What a packet has to match to reach a service."""

    address: Address
    port: int
    protocol: int


@dataclass(frozen=True, slots=True)
class Frontend:
    """One way to reach a service."""

    kind: FrontendKind
    key: FrontendKey


@dataclass(frozen=True, slots=True)
class Backend:
    """One server of a service.

    `identifier` is unique over all services and never used again: a backend that is removed and
    added again is another one (LB-6a). `serving` matters for terminating backends alone (LB-5).
    """

    identifier: int
    address: Address
    port: int
    state: BackendState = BackendState.ACTIVE
    serving: bool = True
    local: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """Frontends that share an ordered set of backends.

    `identifier` is unique and not 0. `affinity_timeout` is in nanoseconds; None is no affinity.
    `internal_local` and `external_local` are the two traffic policies (LB-12).
    """

    identifier: int
    name: str
    frontends: tuple[Frontend, ...]
    backends: tuple[Backend, ...]
    algorithm: Algorithm = Algorithm.MAGLEV
    maglev_size: int = DEFAULT_MAGLEV_SIZE
    affinity_timeout: int | None = None
    internal_local: bool = False
    external_local: bool = False

    def is_local(self, frontend: Frontend) -> bool:
        """Whether the traffic policy for the frontend's kind is Local (LB-12)."""
        if frontend.kind is FrontendKind.CLUSTER_IP:
            return self.internal_local
        return self.external_local
