"""Conntrack entries that a transaction puts or removes, and those that it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.errors import ContentError
from harness.datapath.control_plane.endpoint_numbers import NumberAllocator
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.server_ports import ServerPorts
from harness.kernel.loader import Map
from model.domain.address import Family
from model.domain.flow import Entry, FlowKey, Selection
from model.domain.operation import PutEntry, RemoveEntry

NOWHERE = 0
"""Slot of a backend that is not known: whatever is there has another identifier."""


def entry_reader(maps: Mapping[str, Map], codecs: Codecs) -> Callable[[FlowKey], Entry | None]:
    """What finds the entry under a key, expired or not. It raises MapError.

    Bytes that mean nothing are no entry here; whoever compares states is told of them.
    """
    tables = {family: maps[_table(family)] for family in Family}

    def read(key: FlowKey) -> Entry | None:
        codec = codecs.of[key.family]
        found = tables[key.family].lookup(codec.flow_key.encode(key))
        try:
            return None if found is None else codec.entry.decode(found)
        except ContentError:
            return None

    return read


def plan_entries(  # noqa: PLR0913, PLR0917 - all that an entry names
    operations: Sequence[PutEntry | RemoveEntry],
    codecs: Codecs,
    slot_of: Callable[[int], int | None],
    server_ports: ServerPorts,
    numbers: NumberAllocator,
    plan: Plan,
    journal: Journal,
) -> None:
    """Plan the writes, in the order of the operations. `slot_of` finds a backend's slot.

    Raises OperationError where an address cannot have a number.
    """
    for operation in operations:
        family = operation.key.family
        table = _table(family)
        if isinstance(operation, PutEntry):
            numbers.take(operation.key.endpoint_address, journal)
        key = codecs.of[family].flow_key.encode(operation.key)
        if isinstance(operation, RemoveEntry):
            plan.remove(Phase.ENTRIES, table, key)
            continue
        server_ports.plan(operation.key, plan)
        entry = operation.entry
        slot = slot_of(entry.backend) if isinstance(entry, Selection) else None
        value = codecs.of[family].entry.encode(entry, NOWHERE if slot is None else slot)
        plan.put(Phase.ENTRIES, table, key, value)


def _table(family: Family) -> str:
    return f"conntrack_ipv{family:d}"
