"""Evictions (CT-12): which entries a full table may have lost, and that no others are missing.

What a packet brings about is the specification's affair; which entries a full table evicts for it
is the kernel's choice. So the reference first predicts as if nothing had been evicted: a packet is
handled by what was there before it. Then it forgets what the subject has lost, where that is legal.
What is legal is declared in `harness.compare.strictness`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from harness.compare.difference import Difference
from harness.compare.state import compare_value
from harness.subject import Prediction, Reference, Subject
from model.domain.address import Family, family_of
from model.domain.limits import TableKind, TableName, table_name
from model.domain.state import CounterKey, TableKey

Allowance = Mapping[TableName, int]
"""How many entries a table may lose. Tables that may lose none are left out."""


class Settlement(NamedTuple):
    """How many entries were evicted, and which are missing without that being legal."""

    evicted: int
    differences: tuple[Difference, ...]


NOTHING: Allowance = MappingProxyType({})
KINDS = tuple(TableKind)


class Evictions:
    """What the tables of a subject may evict. Asks the subject for their sizes once."""

    def __init__(self, reference: Reference, subject: Subject) -> None:
        self._reference = reference
        self._subject = subject
        tables = [TableName(kind, family) for kind in TableKind for family in Family]
        kept = {table: subject.kept(table) for table in tables}
        self._kept = {table: count for table, count in kept.items() if count is not None}
        self._least = min(self._kept.values(), default=None)
        self._at_most = self._least or 0
        """No more entries than these are in any table; counted when that may be too many."""

    def allowance(self, recorded: Collection[TableKey]) -> Allowance:
        """What may be evicted for entries that are put under these keys.

        To be asked before the reference has put them. Quick where no table is nearly full.
        """
        if self._least is None or not recorded:
            return NOTHING
        self._at_most += len(recorded)
        if self._at_most <= self._least:
            return NOTHING
        self._at_most = sum([self._most(kind) for kind in KINDS]) + len(recorded)
        if self._at_most <= self._least:
            return NOTHING
        allowed = {}
        for table, count in Counter(table_name(key) for key in recorded).items():
            kept = self._kept.get(table)
            if kept is None or self._most(table.kind) + count - 1 <= kept:
                continue
            found_by_last = len(self._entries(table)) + count - 1
            if found_by_last > kept:
                allowed[table] = found_by_last - kept
        return allowed

    def spared(self, prediction: Prediction) -> frozenset[TableKey]:
        """Touched entries that the subject lacks and may have evicted.

        What was put last is there: of what the packet put into one table something has to be left.
        """
        allowed = self.allowance(prediction.recorded)
        absent = {
            key
            for key, value in prediction.touched
            if not isinstance(key, CounterKey)
            and value is not None
            and table_name(key) in allowed
            and self._subject.read(key) is None
        }
        for table in allowed:
            put = {key for key in prediction.recorded if table_name(key) == table}
            if put <= absent:
                absent -= put
        return frozenset(absent)

    def settle(self, allowed: Allowance) -> Settlement:
        """Make the reference forget what the subject has evicted; differences where that is much.

        To be asked when the reference has put what it had to. It forgets nothing of a table that
        has lost more than is allowed.
        """
        evicted = 0
        differences: tuple[Difference, ...] = ()
        for table, most in allowed.items():
            missing = [key for key in self._entries(table) if self._subject.read(key) is None]
            if len(missing) <= most:
                self._reference.forget(missing)
                evicted += len(missing)
            else:
                differences += self._lost(missing)
        return Settlement(evicted, differences)

    def _most(self, kind: TableKind) -> int:
        """No more than so many entries are in a table of a kind: those of both families."""
        return len(self._reference.keys(kind))

    def _entries(self, table: TableName) -> Sequence[TableKey]:
        """Keys that the reference has in a table; every kind of key begins with an address."""
        keys, family = self._reference.keys(table.kind), table.family
        return [key for key in keys if family_of(key[0]) is family]

    def _lost(self, missing: Iterable[TableKey]) -> tuple[Difference, ...]:
        read = self._reference.read
        return tuple(one for key in missing for one in compare_value(key, read(key), None))
