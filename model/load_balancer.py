"""Load balancer: a service's backend for a connection that leaves the pod (LB, NAT-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model import maglev, tcp
from model.conntrack import frontend_of, is_flow_of, opposite, translated_key
from model.domain.address import Address, Family, family_of
from model.domain.flow import Flow, FlowKey
from model.domain.protocol import SCTP
from model.domain.reason import Reason
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from model.drop import Drop
from model.passage import Passage, Table

MAXIMUM_ATTEMPTS: Final = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend for a connection, and the flow that the connection is after translation.

    `joined` is a live flow of the same frontend that is already there (LB-4a).
    """

    service: Service
    frontend: FrontendKey
    backend: Backend
    key: FlowKey
    joined: Flow | None


def choose_backend(passage: Passage, key: FlowKey) -> Choice | None:
    """The backend for a new connection; None where the destination is no service (LB-9)."""
    world, view, trace = passage.world, passage.view, passage.trace
    wanted = FrontendKey(view.destination, view.destination_port, view.protocol)
    if wanted not in world.frontends:
        if wanted.address in world.service_addresses:
            raise Drop(Reason.NO_SERVICE, "LB-9")
        return None
    service, frontend = world.frontends[wanted]
    trace.note("LB-1", "frontend of service", service.identifier)
    candidates = eligible(service, frontend, family_of(wanted.address))
    if not candidates:
        raise Drop(Reason.NO_BACKEND, "LB-8")
    first = first_candidate(passage, service, candidates)
    choice = first_without_clash(passage.table, service, key, candidates, first)
    trace.note("LB-3", "backend", choice.backend.identifier)
    if view.protocol == SCTP and choice.backend.port != view.destination_port:
        raise Drop(Reason.UNSUPPORTED, "LB-10")
    return choice


def eligible(service: Service, frontend: Frontend, family: Family) -> tuple[Backend, ...]:
    """Backends for new connections, ordered by address and port (LB-2, LB-3, LB-5, LB-12)."""
    local_only = (
        service.internal_local
        if frontend.kind is FrontendKind.CLUSTER_IP
        else service.external_local
    )
    reachable = sorted(
        (
            backend
            for backend in service.backends
            if family_of(backend.address) is family and (backend.local or not local_only)
        ),
        key=order,
    )
    active = tuple(b for b in reachable if b.state is BackendState.ACTIVE)
    return active or tuple(
        b for b in reachable if b.state is BackendState.TERMINATING and b.serving
    )


def order(backend: Backend) -> tuple[Address, int]:
    """Backends are ordered by address and port (LB-3)."""
    return backend.address, backend.port


def first_candidate(passage: Passage, service: Service, candidates: tuple[Backend, ...]) -> int:
    """Index of the backend that the algorithm names (LB-3)."""
    view, trace = passage.view, passage.trace
    if service.algorithm is Algorithm.RANDOM:
        trace.note("LB-3c", "a free choice of", len(candidates))
        return passage.draw(len(candidates))
    port = view.source_port if service.affinity_timeout is None else 0
    hashed = maglev.connection_hash(view.source, port, view.protocol, service.identifier)
    members = tuple(order(backend) for backend in candidates)
    slot = hashed % service.maglev_size
    trace.note("LB-3a", "Maglev slot", slot)
    return maglev.table(members, service.maglev_size)[slot]


def first_without_clash(
    table: Table, service: Service, key: FlowKey, candidates: tuple[Backend, ...], first: int
) -> Choice:
    """The first backend, from the algorithm's on, behind which no open flow is in the way."""
    frontend = frontend_of(key)
    for attempt in range(min(len(candidates), MAXIMUM_ATTEMPTS)):
        backend = candidates[(first + attempt) % len(candidates)]
        target = translated_key(key, backend.address, backend.port)
        flow = table.live_flow(target)
        if flow is not None and is_flow_of(flow, frontend):
            return Choice(service, frontend, backend, target, flow)
        mirrored = table.live_flow(target._replace(opener=opposite(target.opener)))
        if not is_open(flow) and not is_open(mirrored):
            return Choice(service, frontend, backend, target, None)
    raise Drop(Reason.TUPLE_CLASH, "NAT-4")


def is_open(flow: Flow | None) -> bool:
    """Whether a live flow stands in the way of one that looks alike (NAT-4)."""
    return flow is not None and not tcp.is_closing(flow)
