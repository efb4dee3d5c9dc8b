"""Room in the tables: what a full table refuses is not recorded (CT-12).

What a full table evicts instead is the kernel's choice: nothing here knows of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from model.domain.failure import Failure
from model.domain.flow import FlowKey
from model.domain.limits import Limits, TableName, table_name, table_of_kind
from model.domain.reason import Reason
from model.domain.state import State, TableKey, TableValue
from model.drop import Drop
from model.passage import Passage


def has_room(state: State, limits: Limits, keys: Iterable[TableKey]) -> bool:
    """Whether entries can be put under all of these keys.

    One that takes the place of another under its key needs no room (CT-12a).
    """
    if not limits.refuse:
        return True
    new = Counter(table_name(key) for key in set(keys) if key not in state.table_of(key))
    return all(holds(state, limits, name, count) for name, count in new.items())


def holds(state: State, limits: Limits, name: TableName, more: int) -> bool:
    """Whether a table can hold so many entries more; expired ones take up room too (CT-12a)."""
    size = limits.size(name.kind)
    if size is None:
        return True
    present = sum(1 for key in table_of_kind(state, name.kind) if table_name(key) == name)
    return present + more <= size


def require(passage: Passage, keys: Sequence[FlowKey]) -> None:
    """The conntrack entries that a packet is going to put, or its end where they cannot be created.

    The flow's comes last. Where that was created and the other one is refused, it goes again, and
    what it had taken the place of with it (CT-12c).
    """
    table = passage.table
    if table.limits.refuse:
        passage.trace.note("CT-12a", "entries to find room for", len(keys))
    if not has_room(table.state, table.limits, keys):
        raise Drop(Reason.CONNTRACK_CREATE_FAILED, "CT-12")
    if passage.failure is Failure.ENTRY:
        raise Drop(Reason.CONNTRACK_CREATE_FAILED, "CT-12c")
    if passage.failure is Failure.SECOND_ENTRY:
        raise Drop(Reason.CONNTRACK_CREATE_FAILED, "CT-12c", tuple(keys[1:]))
    table.recorded += keys


def recordable(
    passage: Passage, key: TableKey, value: TableValue
) -> dict[TableKey, TableValue | None]:
    """An affinity or a datagram to remember, or nothing where it finds no room (CT-12b)."""
    table = passage.table
    if passage.failure is Failure.MEMORY or not has_room(table.state, table.limits, [key]):
        passage.trace.note("CT-12b", "no room to remember", key)
        return {}
    table.recorded.append(key)
    return {key: value}
