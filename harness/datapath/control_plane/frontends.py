"""The tables `frontends_*`: frontends, and the addresses that are the services' (LB-9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.service import FrontendRow
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.service_rows import frontend_rows, service_addresses
from model.domain.address import Address, family_of
from model.domain.service import FrontendKey, Service

MARKER = FrontendRow(0, False)

ServiceChange = tuple[Service | None, Service | None]


@dataclass(frozen=True)
class FrontendChange:
    """What becomes of frontends: rows to write (None: to remove), addresses to mark and unmark."""

    rows: dict[FrontendKey, FrontendRow | None]
    marked: list[Address]
    unmarked: list[Address]

    @property
    def writes(self) -> bool:
        """Whether there is anything to write or remove.

        Then the service revision has to be raised, whatever it is that changes: a packet that holds
        a row while it is replaced can find another frontend's in its memory, or none by its key.
        """
        return bool(self.rows or self.marked or self.unmarked)


class FrontendTables:
    """Compiles the frontends of services; all that change together, so that one can move.

    Old ones are removed before the services' rows are switched and new ones written after it, so
    that no packet meets a frontend with a row that is not its own. An address is unmarked before
    its frontends go and marked after they came: its ports are never all unknown.
    """

    def __init__(self, codecs: Codecs) -> None:
        self._codecs = codecs
        self._rows: dict[FrontendKey, FrontendRow] = {}
        self._addresses: dict[Address, int] = {}

    def change(self, pairs: Iterable[ServiceChange], journal: Journal) -> FrontendChange:
        """What the change of some services takes, as pairs of old and new."""
        rows: dict[FrontendKey, FrontendRow | None] = {}
        addresses: Counter[Address] = Counter()
        for old, new in pairs:
            addresses.subtract(service_addresses(old) if old else ())
            addresses.update(service_addresses(new) if new else ())
            for key, _ in frontend_rows(old) if old else ():
                rows.setdefault(key, None)
            rows.update(frontend_rows(new) if new else ())
        changed = {key: row for key, row in rows.items() if row != self._rows.get(key)}
        marked, unmarked = self._count(addresses, journal)
        return FrontendChange(changed, marked, unmarked)

    def remove(self, change: FrontendChange, plan: Plan, journal: Journal) -> None:
        """Plan what goes."""
        for address in change.unmarked:
            self._plan_removal(FrontendKey(address, 0, 0), plan)
        for key, row in change.rows.items():
            if row is None:
                journal.drop(self._rows, key)
                self._plan_removal(key, plan)

    def put(self, change: FrontendChange, plan: Plan, journal: Journal) -> None:
        """Plan what comes or changes."""
        for key, row in change.rows.items():
            if row is not None:
                journal.set(self._rows, key, row)
                self._plan_write(key, row, plan)
        for address in change.marked:
            self._plan_write(FrontendKey(address, 0, 0), MARKER, plan)

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

    def _plan_write(self, key: FrontendKey, row: FrontendRow, plan: Plan) -> None:
        family = family_of(key.address)
        codec = self._codecs.of[family].frontend
        encoded = codec.encode_key(key), codec.encode(row)
        plan.put(Phase.SWITCH, f"frontends_ipv{family:d}", *encoded)

    def _plan_removal(self, key: FrontendKey, plan: Plan) -> None:
        family = family_of(key.address)
        encoded = self._codecs.of[family].frontend.encode_key(key)
        plan.remove(Phase.SWITCH, f"frontends_ipv{family:d}", encoded)
