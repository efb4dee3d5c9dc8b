"""The collector: removes exactly what has expired (CT-4, CT-4a, LB-7, FRAG-1)."""

from __future__ import annotations

from collections.abc import Iterator

from model.conntrack import frontend_of, is_flow_of, translated_key
from model.domain.flow import Affinity, AffinityKey, Entry, Flow, FlowKey, Selection
from model.domain.state import State, TableKey
from model.trace import Trace
from model.world import World


def expired(state: State, world: World, now: int, trace: Trace) -> list[TableKey]:
    """Keys of everything whose time has come."""
    return list(find_expired(state, world, now, trace))


def find_expired(state: State, world: World, now: int, trace: Trace) -> Iterator[TableKey]:
    """Expired flows and datagrams, selections that lead nowhere, affinities out of use."""
    for key, entry in state.conntrack.items():
        if not is_live(state.conntrack, world, now, key, entry):
            trace.note("CT-4" if isinstance(entry, Flow) else "CT-4a", "collected", key)
            yield key
    for client, affinity in state.affinities.items():
        if not is_affine(world, now, client, affinity):
            trace.note("CT-4", "collected", client)
            yield client
    for fragment, datagram in state.datagrams.items():
        if datagram.expires <= now:
            trace.note("CT-4", "collected", fragment)
            yield fragment


def is_live(
    entries: dict[FlowKey, Entry], world: World, now: int, key: FlowKey, entry: Entry
) -> bool:
    """Whether a flow has not expired, or a selection leads to such a flow."""
    if isinstance(entry, Flow):
        return now < entry.expires
    return leads_to_live_flow(entries, world, now, key, entry)


def leads_to_live_flow(
    entries: dict[FlowKey, Entry], world: World, now: int, key: FlowKey, selection: Selection
) -> bool:
    """Whether a selection is live (CT-4a). One whose backend is gone leads nowhere."""
    if selection.backend not in world.backends:
        return False
    _, backend = world.backends[selection.backend]
    flow = entries.get(translated_key(world.configuration, key, backend))
    return isinstance(flow, Flow) and now < flow.expires and is_flow_of(flow, frontend_of(key))


def is_affine(world: World, now: int, client: AffinityKey, affinity: Affinity) -> bool:
    """Whether an affinity may still be used (LB-7)."""
    service = world.services.get(client.service)
    if service is None or service.affinity_timeout is None:
        return False
    return now < affinity.last_use + service.affinity_timeout
