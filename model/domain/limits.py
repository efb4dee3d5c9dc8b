"""How much the tables that packets write can hold, and what happens when they are full (CT-12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from model.domain.address import Family, family_of
from model.domain.flow import AffinityKey, FlowKey
from model.domain.state import State, TableKey


class TableKind(Enum):
    """What a table holds."""

    CONNTRACK = "conntrack"
    AFFINITIES = "affinities"
    DATAGRAMS = "datagrams"


class TableName(NamedTuple):
    """One table: each family has its own (CT-12a)."""

    kind: TableKind
    family: Family


def table_name(key: TableKey) -> TableName:
    """The table that a key belongs to."""
    if isinstance(key, FlowKey):
        return TableName(TableKind.CONNTRACK, key.family)
    if isinstance(key, AffinityKey):
        return TableName(TableKind.AFFINITIES, family_of(key.client_address))
    return TableName(TableKind.DATAGRAMS, family_of(key.source))


def table_of_kind(state: State, kind: TableKind) -> dict[Any, Any]:
    """Both families' tables of a kind."""
    match kind:
        case TableKind.CONNTRACK:
            return state.conntrack
        case TableKind.AFFINITIES:
            return state.affinities
        case TableKind.DATAGRAMS:
            return state.datagrams


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes of tables in entries of each family; None: as large as the datapath likes.

    `refuse`: a full table refuses what is new instead of evicting something. One without a size
    is never full then.
    """

    conntrack: int | None = None
    affinities: int | None = None
    datagrams: int | None = None
    refuse: bool = False

    def size(self, kind: TableKind) -> int | None:
        """Size of a table."""
        size: int | None = getattr(self, kind.value)
        return size

    @property
    def evict(self) -> bool:
        """Whether a table has been made so small that what it evicts may decide what happens."""
        return not self.refuse and any(self.size(kind) is not None for kind in TableKind)


UNLIMITED = Limits()
