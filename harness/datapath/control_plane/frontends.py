"""The tables `frontends_*`: frontends, and the addresses that are the services' (LB-9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.service import FrontendRow
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.service_rows import frontend_rows, service_addresses
from model.domain.address import Address, family_of
from model.domain.service import FrontendKey, Service

MARKER = FrontendRow(0, False)

ServiceChange = tuple[Service | None, Service | None]


class FrontendTables:
    """Compiles the frontends of services; all that change together, so that one can move."""

    def __init__(self, codecs: Codecs) -> None:
        self._codecs = codecs
        self._rows: dict[FrontendKey, FrontendRow] = {}
        self._addresses: dict[Address, int] = {}

    def update(self, changes: Iterable[ServiceChange], plan: Plan, journal: Journal) -> bool:
        """Plan the changes; whether a frontend or a service address came, went or moved.

        A new address is marked after its frontends are there and an old one unmarked before they
        go, so that no packet meets an address whose ports are all unknown.
        """
        rows: dict[FrontendKey, FrontendRow | None] = {}
        addresses: Counter[Address] = Counter()
        for old, new in changes:
            addresses.subtract(service_addresses(old) if old else ())
            addresses.update(service_addresses(new) if new else ())
            for key, _ in frontend_rows(old) if old else ():
                rows.setdefault(key, None)
            rows.update(frontend_rows(new) if new else ())
        marked, unmarked = self._count(addresses, journal)
        moved = self._put(rows, plan, journal)
        self._mark(marked, unmarked, plan)
        gone = self._remove(rows, plan, journal)
        return bool(moved or gone or marked or unmarked)

    def _put(
        self, rows: dict[FrontendKey, FrontendRow | None], plan: Plan, journal: Journal
    ) -> bool:
        moved = False
        for key, row in rows.items():
            old = self._rows.get(key)
            if row is None or row == old:
                continue
            moved = moved or old is None or old.service != row.service
            codec = self._codecs.of[family_of(key.address)].frontend
            plan.put(Phase.SWITCH, _table(key), codec.encode_key(key), codec.encode(row))
            journal.set(self._rows, key, row)
        return moved

    def _remove(
        self, rows: dict[FrontendKey, FrontendRow | None], plan: Plan, journal: Journal
    ) -> bool:
        gone = [key for key, row in rows.items() if row is None and key in self._rows]
        for key in gone:
            journal.drop(self._rows, key)
            codec = self._codecs.of[family_of(key.address)].frontend
            plan.remove(Phase.SWITCH, _table(key), codec.encode_key(key))
        return bool(gone)

    def _count(
        self, addresses: Counter[Address], journal: Journal
    ) -> tuple[list[Address], list[Address]]:
        """Addresses that have become service addresses, and those that have ceased to be."""
        marked, unmarked = [], []
        for address, step in addresses.items():
            if step == 0:
                continue
            count = journal.count(self._addresses, address, step)
            if count == 0:
                unmarked.append(address)
            elif count == step:
                marked.append(address)
        return marked, unmarked

    def _mark(self, marked: list[Address], unmarked: list[Address], plan: Plan) -> None:
        for address in marked:
            key = FrontendKey(address, 0, 0)
            codec = self._codecs.of[family_of(address)].frontend
            plan.put(Phase.SWITCH, _table(key), codec.encode_key(key), codec.encode(MARKER))
        for address in unmarked:
            key = FrontendKey(address, 0, 0)
            codec = self._codecs.of[family_of(address)].frontend
            plan.remove(Phase.SWITCH, _table(key), codec.encode_key(key))


def _table(key: FrontendKey) -> str:
    return f"frontends_ipv{family_of(key.address):d}"
