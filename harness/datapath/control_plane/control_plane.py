"""The control plane: transactions of domain operations on the maps of a loaded object."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.configuration import Settings
from harness.datapath.codec.index import index_key
from harness.datapath.control_plane.endpoint_numbers import NumberAllocator
from harness.datapath.control_plane.entries import entry_reader, plan_entries
from harness.datapath.control_plane.frontends import FrontendTables
from harness.datapath.control_plane.garbage import garbage_kept
from harness.datapath.control_plane.inventory import Changes, Inventory
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.policy_compiler import PolicyCompiler
from harness.datapath.control_plane.revisions import raises_policy_revision, touches_affinity
from harness.datapath.control_plane.server_ports import ServerPorts
from harness.datapath.control_plane.services import ServiceTables
from harness.datapath.control_plane.tables import Tables
from harness.datapath.control_plane.validation import check_one_stands
from harness.kernel.errors import KernelError
from harness.kernel.loader import Map
from harness.subject import OperationError
from model.domain.address import Family
from model.domain.operation import Operation

CONFIGURATION_KEY = index_key(0)


class ControlPlane:
    """Owns the tables that packets do not write. They have to be empty at the start.

    `maps` are the object's maps by name; `redirect_to_ingress` says that the programs sit inside
    the pods. `tables` are those of the maps where there are such already: making them takes longer
    than emptying them. `clock` is the datapath's clock in nanoseconds, 0 for the kernel's.
    Raises OperationError where even the defaults cannot be written.
    """

    def __init__(
        self,
        maps: Mapping[str, Map],
        codecs: Codecs,
        redirect_to_ingress: bool = False,
        tables: Tables | None = None,
    ) -> None:
        self.inventory = Inventory()
        self.clock = 0
        self.tables = Tables(maps) if tables is None else tables
        self.services = ServiceTables(self.tables, codecs)
        self.numbers = NumberAllocator(codecs.numbers, codecs.of[Family.IPV6].flow_key.most)
        self.policy = PolicyCompiler(self.tables.size("policy_pages"), codecs, self.numbers)
        self.settings = Settings(
            self.inventory.configuration, redirect_to_ingress=redirect_to_ingress
        )
        self._codecs = codecs
        self._configuration = maps["configuration"]
        self._server_ports = ServerPorts(maps["server_ports"])
        self._frontends = FrontendTables(codecs)
        self._entry_of = entry_reader(maps, codecs)
        self._carry_out(self._plan_start)

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carry out one transaction, all of it or nothing. Raises OperationError."""
        with garbage_kept():
            self._carry_out(lambda journal: self._compile(operations, journal))

    def set_clock(self, now: int) -> None:
        """Set the datapath's clock, in nanoseconds, through the mapped configuration."""
        start = self._codecs.configuration.clock_offset
        clock = now.to_bytes(8, sys.byteorder)
        self._configuration.memory()[start : start + 8] = clock
        self.clock = now
        self.tables.correct("configuration", 0, start, clock)

    def _carry_out(self, compile_plan: Callable[[Journal], Plan]) -> None:
        """Compile, check and write; take everything back where one of these fails."""
        journal = Journal()
        try:
            plan = compile_plan(journal)
            self.tables.check_room(plan)
            written = self.settings
            journal.after_undo(lambda: self._skip_revisions(written))
            self.tables.write(plan, journal)
        except KernelError as error:
            _take_back(journal)
            raise OperationError(f"{error}; the transaction was taken back") from error
        except BaseException:
            _take_back(journal)
            raise
        journal.commit()

    def _skip_revisions(self, written: Settings) -> None:
        """Raise both revisions above those of a transaction that failed while it was written.

        Packets between its writes may have remembered what was never to stand, under the old
        number or the new one, which the next change would use again (POL-5, LB-13). The revisions
        then are others than the model's (POL-5a, LB-15a): whoever compares the two has been told
        of the failure and starts again from empty tables.
        """
        self.settings = replace(
            self.settings,
            policy_revision=written.policy_revision + 1,
            service_revision=written.service_revision + 1,
        )
        plan = Plan()
        self._plan_settings(Phase.REVISE, self.settings, plan)
        self.tables.write(plan, Journal())

    def _plan_start(self, journal: Journal) -> Plan:
        plan = Plan()
        self.policy.start(plan, journal)
        self._plan_settings(Phase.CONFIGURE, self.settings, plan)
        return plan

    def _compile(self, operations: Sequence[Operation], journal: Journal) -> Plan:
        changes, plan = Changes(), Plan()
        for operation in operations:
            self.inventory.apply(operation, journal, changes)
        if changes.policy_relevant:
            self.policy.update(self.inventory, changes, plan, journal)
        moved = self._compile_services(changes, plan, journal)
        self._compile_settings(plan, journal)
        self._raise_revisions(changes, moved, plan, journal)
        check_one_stands(changes.entries_after, self._entry_of, self.clock)
        self.inventory.reserve_backends(changes, journal)
        plan_entries(
            changes.entries,
            self._codecs,
            self.services.slot_of,
            self._server_ports,
            self.numbers,
            plan,
            journal,
        )
        return plan

    def _compile_services(self, changes: Changes, plan: Plan, journal: Journal) -> bool:
        """Whether the service revision has to be raised (LB-15a)."""
        pairs = {i: (old, self.inventory.services.get(i)) for i, old in changes.services.items()}
        frontends = self._frontends.change(pairs.values(), journal)
        self._frontends.remove(frontends, plan, journal)
        for identifier, pair in pairs.items():
            self.services.update(identifier, pair, plan, journal)
        self._frontends.put(frontends, plan, journal)
        return frontends.writes or touches_affinity(pairs.values())

    def _compile_settings(self, plan: Plan, journal: Journal) -> None:
        after = replace(self.settings, configuration=self.inventory.configuration)
        self._change_settings(Phase.CONFIGURE, after, plan, journal)

    def _raise_revisions(self, changes: Changes, moved: bool, plan: Plan, journal: Journal) -> None:
        before = self.settings
        judged = raises_policy_revision(changes, self.inventory.configuration)
        after = replace(
            before,
            policy_revision=before.policy_revision + judged,
            service_revision=before.service_revision + moved,
        )
        self._change_settings(Phase.REVISE, after, plan, journal)

    def _change_settings(self, phase: Phase, after: Settings, plan: Plan, journal: Journal) -> None:
        before = self.settings
        if after != before:
            journal.undo_with(lambda: setattr(self, "settings", before))
            self.settings = after
            self._plan_settings(phase, after, plan)

    def _plan_settings(self, phase: Phase, settings: Settings, plan: Plan) -> None:
        element = self._codecs.configuration.encode(replace(settings, clock_override=self.clock))
        plan.put(phase, "configuration", CONFIGURATION_KEY, element)


def _take_back(journal: Journal) -> None:
    try:
        journal.roll_back()
    except KernelError as error:
        raise OperationError(
            f"a failed transaction could not be taken back, so the tables are damaged: {error}"
        ) from error
