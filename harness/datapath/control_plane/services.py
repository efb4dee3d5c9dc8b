"""The tables `services`, `eligible_backends`, `maglev_tables` and `backends`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.service import ServiceKey, ServiceRow
from harness.datapath.control_plane.allocation import SlotAllocator, Stretch, StretchAllocator
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.maglev import Server, maglev_table
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.service_rows import DesiredRow, rows_of
from harness.datapath.control_plane.tables import Tables
from harness.subject import OperationError
from model.domain.service import Backend, Service


@dataclass(frozen=True)
class WrittenRow:
    """A row as it is in the tables: its stretches, and what they were made from."""

    slots: tuple[int, ...]
    servers: tuple[Server, ...]
    eligible: Stretch
    maglev: Stretch
    value: bytes


class ServiceTables:
    """Compiles services and keeps track of the places that they take."""

    def __init__(self, tables: Tables, codecs: Codecs) -> None:
        self._codecs = codecs
        self._rows: dict[ServiceKey, WrittenRow] = {}
        self._keys: dict[int, tuple[ServiceKey, ...]] = {}
        self._slots: dict[int, int] = {}
        self._free_slots = SlotAllocator(tables.size("backends"))
        self._stretches = {
            name: StretchAllocator(tables.size(name))
            for name in ("eligible_backends", "maglev_tables")
        }

    def slot_of(self, backend: int) -> int | None:
        """Where a backend is in `backends`, None where it is not known."""
        return self._slots.get(backend)

    def update(
        self,
        identifier: int,
        change: tuple[Service | None, Service | None],
        plan: Plan,
        journal: Journal,
    ) -> None:
        """Plan what one service's change takes. Raises OperationError where there is no room."""
        old, new = change
        before = {backend.identifier: backend for backend in old.backends} if old else {}
        for backend in new.backends if new else ():
            self._put_backend(
                identifier, before.pop(backend.identifier, None), backend, plan, journal
            )
        self._put_rows(identifier, list(rows_of(new)) if new else [], plan, journal)
        for backend in before.values():
            self._remove_backend(identifier, backend, plan, journal)

    def _put_backend(
        self, service: int, old: Backend | None, new: Backend, plan: Plan, journal: Journal
    ) -> None:
        element = self._codecs.backend.encode(new, service)
        if old is None:
            slot = self._free_slots.allocate(journal)
            if slot is None:
                raise OperationError(
                    f"service {service}: table backends is full: load a larger one"
                )
            journal.set(self._slots, new.identifier, slot)
            plan.put_index(Phase.PREPARE, "backends", slot, element)
        elif new != old:
            plan.put_index(Phase.SWITCH, "backends", self._slots[new.identifier], element)

    def _remove_backend(self, service: int, backend: Backend, plan: Plan, journal: Journal) -> None:
        slot = journal.drop(self._slots, backend.identifier)
        free = self._codecs.backend.free(self._codecs.backend.encode(backend, service))
        plan.put_index(Phase.REMOVE, "backends", slot, free)
        journal.at_commit(lambda: self._free_slots.release(slot))

    def _put_rows(
        self, identifier: int, desired: list[DesiredRow], plan: Plan, journal: Journal
    ) -> None:
        before = self._keys.get(identifier, ())
        keys = tuple(row.key for row in desired)
        for row in desired:
            self._put_row(row, plan, journal)
        for key in before:
            if key not in keys:
                self._remove_row(key, plan, journal)
        if keys:
            journal.set(self._keys, identifier, keys)
        elif before:
            journal.drop(self._keys, identifier)

    def _put_row(self, desired: DesiredRow, plan: Plan, journal: Journal) -> None:
        old = self._rows.get(desired.key)
        slots = tuple(self._slots[backend.identifier] for backend in desired.eligible)
        eligible = self._eligible_stretch(desired, slots, old, plan, journal)
        servers = (
            tuple(Server(backend.address, backend.port) for backend in desired.eligible)
            if desired.maglev_size
            else ()
        )
        maglev = self._maglev_stretch(desired, servers, old, plan, journal)
        value = self._codecs.service.encode(
            ServiceRow(
                desired.affinity_timeout,
                desired.algorithm,
                eligible.first,
                len(slots),
                maglev.first,
                desired.maglev_size,
            )
        )
        if old is None or old.value != value:
            phase = Phase.PREPARE if old is None else Phase.SWITCH
            plan.put(phase, "services", self._codecs.service.encode_key(desired.key), value)
        journal.set(self._rows, desired.key, WrittenRow(slots, servers, eligible, maglev, value))

    def _eligible_stretch(
        self,
        desired: DesiredRow,
        slots: tuple[int, ...],
        old: WrittenRow | None,
        plan: Plan,
        journal: Journal,
    ) -> Stretch:
        if old is not None and old.slots == slots:
            return old.eligible
        stretch = self._replace(
            "eligible_backends", desired.key, old.eligible if old else None, len(slots), journal
        )
        _fill(plan, "eligible_backends", stretch, slots)
        return stretch

    def _maglev_stretch(
        self,
        desired: DesiredRow,
        servers: tuple[Server, ...],
        old: WrittenRow | None,
        plan: Plan,
        journal: Journal,
    ) -> Stretch:
        """A table depends on addresses, ports and size alone, and holds places in the stretch."""
        size = desired.maglev_size
        if old is not None and (old.servers, old.maglev.length) == (servers, size):
            return old.maglev
        stretch = self._replace(
            "maglev_tables", desired.key, old.maglev if old else None, size, journal
        )
        if size:
            _fill(plan, "maglev_tables", stretch, maglev_table(servers, size))
        return stretch

    def _replace(
        self, table: str, key: ServiceKey, old: Stretch | None, count: int, journal: Journal
    ) -> Stretch:
        stretches = self._stretches[table]
        stretch = stretches.allocate(count, journal)
        if stretch is None:
            raise OperationError(
                f"service {key.service}: table {table} has no {count} free elements in a row:"
                " load a larger one"
            )
        if old is not None:
            journal.at_commit(lambda: stretches.release(old))
        return stretch

    def _remove_row(self, key: ServiceKey, plan: Plan, journal: Journal) -> None:
        row = journal.drop(self._rows, key)
        plan.remove(Phase.REMOVE, "services", self._codecs.service.encode_key(key))
        journal.at_commit(lambda: self._stretches["eligible_backends"].release(row.eligible))
        journal.at_commit(lambda: self._stretches["maglev_tables"].release(row.maglev))


def _fill(plan: Plan, table: str, stretch: Stretch, words: Sequence[int] | np.ndarray) -> None:
    if stretch.length:
        values = np.asarray(words, np.uint32).tobytes()
        plan.fill(Phase.PREPARE, table, stretch.first, values, stretch.length)
