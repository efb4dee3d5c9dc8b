"""Load balancer: a service's backend for a connection that leaves the pod (LB, NAT-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model import maglev, tcp
from model.affinity import affine_backend
from model.conntrack import frontend_of, is_flow_of, opposite, translated_key
from model.domain.address import Address, family_of
from model.domain.flow import Flow, FlowKey
from model.domain.protocol import SCTP
from model.domain.reason import Reason
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    Service,
)
from model.drop import Drop
from model.passage import Passage
from model.trace import Trace

MAXIMUM_ATTEMPTS: Final = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend for a connection, and the flow that the connection is after translation.

    `joined` is a live flow of the same frontend that the packet is part of (LB-4a).
    """

    service: Service
    frontend: FrontendKey
    backend: Backend
    key: FlowKey
    joined: Flow | None

    @property
    def is_hairpin(self) -> bool:
        """Whether the backend is the client itself (LB-11)."""
        return self.backend.address == self.key.endpoint_address


class NoBackend(Exception):  # noqa: N818 - an outcome, not an error
    """A service without eligible backend (LB-8)."""


def choose_backend(passage: Passage, key: FlowKey) -> Choice | None:
    """The backend for a new connection; None where the destination is no service (LB-9)."""
    world, view, trace = passage.world, passage.view, passage.trace
    wanted = FrontendKey(view.destination, view.destination_port, view.protocol)
    if wanted not in world.frontends:
        if wanted.address in world.service_addresses:
            raise Drop(Reason.NO_SERVICE, "LB-9")
        if wanted.address in world.node_addresses:
            trace.note("LB-9a", "a port of the node's own")
        return None
    service, frontend = world.frontends[wanted]
    trace.note("LB-1", "frontend of service", service.identifier)
    candidates = eligible(service, frontend, trace)
    if not candidates:
        trace.note("LB-8", "no eligible backend", service.identifier)
        raise NoBackend
    choice = choose(passage, service, key, candidates)
    trace.note("LB-3", "backend", choice.backend.identifier)
    if choice.is_hairpin:
        trace.note("LB-11", "the backend is the client itself")
    return choice


def eligible(service: Service, frontend: Frontend, trace: Trace) -> tuple[Backend, ...]:
    """Backends for new connections, ordered by address and port (LB-2, LB-3, LB-5, LB-12)."""
    family = family_of(frontend.key.address)
    own = [backend for backend in service.backends if family_of(backend.address) is family]
    if len(own) < len(service.backends):
        trace.note("LB-2", "backends of the frontend's own family", len(own))
    reachable = [backend for backend in own if backend.local or not service.is_local(frontend)]
    if len(reachable) < len(own):
        trace.note("LB-12", "backends on this node", len(reachable))
    active = [backend for backend in reachable if backend.state is BackendState.ACTIVE]
    if len(active) < len(reachable):
        trace.note("LB-5", "active backends", len(active))
    serving = (b for b in reachable if b.state is BackendState.TERMINATING and b.serving)
    return tuple(sorted(active or serving, key=order))


def order(backend: Backend) -> tuple[Address, int]:
    """Backends are ordered by address and port (LB-3)."""
    return backend.address, backend.port


def choose(
    passage: Passage, service: Service, key: FlowKey, candidates: tuple[Backend, ...]
) -> Choice:
    """The affine backend, the algorithm's, or the next without a clash (LB-3, LB-7, NAT-4)."""
    affine = affine_backend(passage, service, candidates)
    if affine is not None:
        choice = choice_of(passage, service, key, affine)
        if choice is not None:
            return choice
        passage.trace.note("NAT-4", "an open flow is in the way", affine.identifier)
        passage.trace.note("NAT-4a", "the affine backend is left aside", affine.identifier)
    first = first_candidate(passage, service, candidates)
    for attempt in range(min(len(candidates), MAXIMUM_ATTEMPTS)):
        backend = candidates[(first + attempt) % len(candidates)]
        choice = choice_of(passage, service, key, backend)
        if choice is not None:
            return choice
        passage.trace.note("NAT-4", "an open flow is in the way", backend.identifier)
    if len(candidates) > MAXIMUM_ATTEMPTS:
        passage.trace.note("NAT-4a", "no further backend is tried", MAXIMUM_ATTEMPTS)
    raise Drop(Reason.TUPLE_CLASH, "NAT-4")


def first_candidate(passage: Passage, service: Service, candidates: tuple[Backend, ...]) -> int:
    """Index of the backend that the algorithm names (LB-3)."""
    view, trace = passage.view, passage.trace
    trace.note("LB-3", "the algorithm is asked", service.algorithm)
    if service.algorithm is Algorithm.RANDOM:
        trace.note("LB-3c", "a free choice of", len(candidates))
        return passage.draw(len(candidates))
    port = view.source_port if service.affinity_timeout is None else 0
    hashed = maglev.connection_hash(view.source, port, view.protocol, service.identifier)
    members = tuple(order(backend) for backend in candidates)
    slot = hashed % service.maglev_size
    trace.note("LB-3a", "Maglev slot", slot)
    index = maglev.table(members, service.maglev_size)[slot]
    trace.note("LB-3b", "the slot's backend, by order", index)
    return index


def choice_of(passage: Passage, service: Service, key: FlowKey, backend: Backend) -> Choice | None:
    """A backend as the choice, unless an open flow is in the way (NAT-4). Drops by LB-10."""
    if key.protocol == SCTP and backend.port != key.peer_port:
        raise Drop(Reason.UNSUPPORTED, "LB-10")
    table, frontend = passage.table, frontend_of(key)
    target = translated_key(passage.configuration, key, backend)
    flow = table.live_flow(target)
    if flow is not None and is_flow_of(flow, frontend):
        if not is_reopened(passage, flow):
            return Choice(service, frontend, backend, target, flow)
        passage.trace.note("CT-6", "a new connection in a closing flow's place", target)
    mirrored = table.live_flow(target._replace(opener=opposite(target.opener)))
    if is_open(flow) or is_open(mirrored):
        return None
    return Choice(service, frontend, backend, target, None)


def is_reopened(passage: Passage, flow: Flow) -> bool:
    """Whether a packet opens a new connection in a closing flow's place (CT-6)."""
    return passage.view.is_initial_syn and tcp.is_closing(flow)


def is_open(flow: Flow | None) -> bool:
    """Whether a live flow stands in the way of one that looks alike (NAT-4)."""
    return flow is not None and not tcp.is_closing(flow)
