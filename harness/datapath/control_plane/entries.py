"""Conntrack entries that a transaction puts or removes: a test's initial state."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.server_ports import ServerPorts
from model.domain.flow import Selection
from model.domain.operation import PutEntry, RemoveEntry

NOWHERE = 0
"""Slot of a backend that is not known: whatever is there has another identifier."""


def plan_entries(
    operations: Sequence[PutEntry | RemoveEntry],
    codecs: Codecs,
    slot_of: Callable[[int], int | None],
    server_ports: ServerPorts,
    plan: Plan,
) -> None:
    """Plan the writes, in the order of the operations. `slot_of` finds a backend's slot."""
    for operation in operations:
        family = operation.key.family
        table = f"conntrack_ipv{family:d}"
        key = codecs.of[family].flow_key.encode(operation.key)
        if isinstance(operation, RemoveEntry):
            plan.remove(Phase.ENTRIES, table, key)
            continue
        server_ports.plan(operation.key, plan)
        entry = operation.entry
        slot = slot_of(entry.backend) if isinstance(entry, Selection) else None
        value = codecs.of[family].entry.encode(entry, NOWHERE if slot is None else slot)
        plan.put(Phase.ENTRIES, table, key, value)
