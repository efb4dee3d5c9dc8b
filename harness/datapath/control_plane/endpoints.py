"""The table `endpoints`, by interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.endpoint import EndpointRow
from harness.datapath.codec.index import index_key
from harness.datapath.control_plane.endpoint_numbers import NumberAllocator
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.plan import Phase, Plan
from model.domain.endpoint import Endpoint

EndpointChange = tuple[Endpoint | None, Endpoint | None]


class EndpointTable:
    """Compiles endpoints; all that change together, so that interfaces can change hands."""

    def __init__(self, codecs: Codecs, numbers: NumberAllocator) -> None:
        self._codec = codecs.endpoint
        self._numbers = numbers
        self._rows: dict[int, EndpointRow] = {}

    def update(
        self,
        changes: Iterable[EndpointChange],
        policies: Mapping[int, int],
        plan: Plan,
        journal: Journal,
    ) -> None:
        """Plan the changes; `policies` are the policy numbers by endpoint.

        Raises OperationError where an address cannot have a number.
        """
        rows: dict[int, EndpointRow | None] = {}
        for old, new in changes:
            if old is not None:
                rows.setdefault(old.interface, None)
            if new is not None:
                number = self._numbers.take(new.ipv6, journal)
                rows[new.interface] = EndpointRow.of(new, policies[new.identifier], number)
        for interface, row in rows.items():
            if row is not None and self._rows.get(interface) != row:
                journal.set(self._rows, interface, row)
                key, value = index_key(interface), self._codec.encode(row)
                plan.put(Phase.SWITCH, "endpoints", key, value)
        for interface, row in rows.items():
            if row is None and interface in self._rows:
                journal.drop(self._rows, interface)
                plan.remove(Phase.SWITCH, "endpoints", index_key(interface))
