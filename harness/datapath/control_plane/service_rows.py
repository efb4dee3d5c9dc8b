"""What the load balancer has to know about one service, as rows without places in arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.datapath.codec.service import FrontendRow, ServiceKey
from model.domain.address import Family, family_of
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)


class DesiredRow(NamedTuple):
    """One row of `services`: whom to choose from, in order, and how.

    `maglev_size` is 0 where there is no Maglev table.
    """

    key: ServiceKey
    affinity_timeout: int
    algorithm: Algorithm
    eligible: tuple[Backend, ...]
    maglev_size: int


def rows_of(service: Service) -> Iterator[DesiredRow]:
    """The rows that the service's frontends need (LB-2, LB-12), and those of its affinity alone."""
    keys = {
        ServiceKey(
            service.identifier, family_of(frontend.key.address), local_only(service, frontend)
        )
        for frontend in service.frontends
    }
    for key in sorted(keys):
        eligible = eligible_backends(service, key.family, key.local_only)
        has_table = service.algorithm is Algorithm.MAGLEV and eligible
        yield DesiredRow(
            key,
            service.affinity_timeout or 0,
            service.algorithm,
            eligible,
            service.maglev_size if has_table else 0,
        )
    if service.affinity_timeout is not None:
        yield from affinity_rows(service, {key.family for key in keys})


def affinity_rows(service: Service, served: set[Family]) -> Iterator[DesiredRow]:
    """Rows without backends, for the families that no frontend is `served` in any more.

    Connections outlive their frontend and go on renewing their client's affinity (LB-7).
    """
    for family in Family:
        if family not in served:
            key = ServiceKey(service.identifier, family, local_only=False)
            yield DesiredRow(key, service.affinity_timeout or 0, service.algorithm, (), 0)


def eligible_backends(service: Service, family: Family, only_local: bool) -> tuple[Backend, ...]:
    """Backends for new connections, ordered by address and port (LB-3, LB-5, LB-12)."""
    candidates = [
        backend
        for backend in service.backends
        if family_of(backend.address) is family and (backend.local or not only_local)
    ]
    chosen = [b for b in candidates if b.state is BackendState.ACTIVE] or [
        b for b in candidates if b.state is BackendState.TERMINATING and b.serving
    ]
    return tuple(sorted(chosen, key=lambda backend: (backend.address, backend.port)))


def local_only(service: Service, frontend: Frontend) -> bool:
    """Whether a frontend uses backends on this node alone (LB-12)."""
    if frontend.kind is FrontendKind.CLUSTER_IP:
        return service.internal_local
    return service.external_local


def frontend_rows(service: Service) -> Iterator[tuple[FrontendKey, FrontendRow]]:
    """The service's frontends as keys and rows."""
    for frontend in service.frontends:
        yield frontend.key, FrontendRow(service.identifier, local_only(service, frontend))


def service_addresses(service: Service) -> list[bytes]:
    """Addresses of frontends that make them service addresses, one for each (LB-9a)."""
    return [
        frontend.key.address
        for frontend in service.frontends
        if frontend.kind is not FrontendKind.NODE_PORT
    ]
