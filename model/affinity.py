"""Session affinity: a client's new connections go to the backend of its last ones (LB-7)."""

from __future__ import annotations

from model.domain.address import Address
from model.domain.flow import Affinity, AffinityKey
from model.domain.service import Backend, Service
from model.domain.state import TableKey, TableValue
from model.passage import Passage
from model.room import recordable


def affine_backend(
    passage: Passage, service: Service, candidates: tuple[Backend, ...]
) -> Backend | None:
    """The eligible backend that a client is affine to, if any."""
    if service.affinity_timeout is None:
        return None
    key = AffinityKey(passage.view.source, service.identifier)
    affinity = passage.table.affinity(key, service.affinity_timeout)
    if affinity is None:
        return None
    backend = next((b for b in candidates if b.identifier == affinity.backend), None)
    if backend is not None:
        passage.trace.note("LB-7", "affine to backend", backend.identifier)
    return backend


def recorded(
    passage: Passage, service: Service, backend: Backend
) -> dict[TableKey, TableValue | None]:
    """What a recorded connection makes of its client's affinity (LB-7a)."""
    if service.affinity_timeout is None:
        return {}
    key = AffinityKey(passage.view.source, service.identifier)
    passage.table.read.append(key)
    passage.trace.note("LB-7a", "the backend becomes the affine one", backend.identifier)
    return recordable(passage, key, Affinity(backend.identifier, passage.now))


def renewed(
    passage: Passage, client: Address, identifier: int
) -> dict[TableKey, TableValue | None]:
    """What a passing packet of a client's flow to a service makes of its affinity (LB-7)."""
    service = passage.world.services.get(identifier)
    if service is None or service.affinity_timeout is None:
        return {}
    key = AffinityKey(client, identifier)
    affinity = passage.table.affinity(key, service.affinity_timeout)
    if affinity is None:
        return {}
    passage.trace.note("LB-7", "affinity renewed", affinity.backend)
    return {key: Affinity(affinity.backend, passage.now)}
