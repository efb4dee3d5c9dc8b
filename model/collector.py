"""The collector: removes exactly what has expired (CT-4, CT-4a)."""

from __future__ import annotations

from model.conntrack import frontend_of, is_flow_of, translated_key
from model.domain.flow import Entry, Flow, FlowKey
from model.world import World


def expired(entries: dict[FlowKey, Entry], world: World, now: int) -> list[FlowKey]:
    """Keys of expired flows, and of selections that lead to no live flow of their frontend."""
    return [
        key
        for key, entry in entries.items()
        if (
            entry.expires <= now
            if isinstance(entry, Flow)
            else not leads_to_live_flow(entries, world, now, key)
        )
    ]


def leads_to_live_flow(entries: dict[FlowKey, Entry], world: World, now: int, key: FlowKey) -> bool:
    """Whether a selection is live (CT-4a). One whose backend is gone leads nowhere."""
    selection = entries[key]
    if isinstance(selection, Flow) or selection.backend not in world.backends:
        return False
    _, backend = world.backends[selection.backend]
    flow = entries.get(translated_key(key, backend.address, backend.port))
    return isinstance(flow, Flow) and now < flow.expires and is_flow_of(flow, frontend_of(key))
