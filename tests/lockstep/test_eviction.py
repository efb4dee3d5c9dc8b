"""Evictions of full tables are accepted where the table's size allows them, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

import pytest

from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import RunResult
from harness.reference import ModelReference
from harness.step import OperationStep, PacketStep, Scenario, Step
from model.domain.configuration import SECOND
from model.domain.flow import Flow, FlowKey
from model.domain.limits import UNLIMITED, Limits, TableKind, TableName
from model.domain.operation import Operation, PutEntry, PutService
from model.domain.packet import Outcome, Packet
from model.domain.service import Algorithm
from tests.lockstep.world import (
    PEER,
    TOPOLOGY,
    WEB,
    Datapath,
    enters,
    first_fragment,
    flow_key,
    leaves,
    scenario,
    service,
)

SIZE, BATCH = 8, 2
KEPT = SIZE - BATCH
SMALL = Limits(conntrack=SIZE)


class Evicting(Datapath):
    """A datapath whose conntrack table of 8 evicts the two oldest entries when it is full."""

    kept_entries: int | None = KEPT

    def kept(self, table: TableName) -> int | None:
        return self.kept_entries if table.kind is TableKind.CONNTRACK else None

    def process(self, packet: Packet) -> Outcome:
        prediction = self.predict(packet, lambda _count: 0)
        self.evict(prediction.recorded)
        self.commit(prediction)
        return prediction.outcome

    def apply(self, operations: Sequence[Operation]) -> None:
        self.evict([one.key for one in operations if isinstance(one, PutEntry)])
        super().apply(operations)

    def evict(self, recorded: Sequence[object]) -> None:
        """Make room for what is going to be put."""
        entries = self.tables.conntrack
        if len(entries) + len(recorded) > SIZE:
            self.lose(list(islice(entries, BATCH)))

    def lose(self, keys: Sequence[FlowKey]) -> None:
        """Evict some entries."""
        for key in keys:
            self.tables.conntrack.pop(key, None)


def run(datapath: Datapath, *steps: Step) -> RunResult:
    return Lockstep(ModelReference(), datapath).run(small(*steps))


def small(*steps: Step) -> Scenario:
    return replace(scenario(*steps), limits=SMALL)


def connections(*ports: int) -> list[PacketStep]:
    return [leaves(40000 + port) for port in ports]


class Once(Evicting):
    """Does something to its tables behind one packet, counted from 1."""

    def __init__(self, packet: int, deed: Callable[[Once], None]) -> None:
        super().__init__()
        self.packet, self.deed, self.packets = packet, deed, 0

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        self.packets += 1
        if self.packets == self.packet:
            self.deed(self)
        return outcome

    def reset(self) -> None:
        super().reset()
        self.packets = 0


def lost(*ports: int) -> Callable[[Once], None]:
    return lambda datapath: datapath.lose([flow_key(40000 + port) for port in ports])


def test_what_a_full_table_evicts_is_accepted_and_the_run_goes_on_from_there() -> None:
    steps = [*connections(*range(1, 31)), leaves(40001, "A"), enters(40030), leaves(40029, "A")]
    result = run(Evicting(), *steps)
    assert result.divergences == []
    assert result.reasons == {"new": 31, "reply": 1, "established": 1}
    assert result.evicted == 24
    assert result.clauses["CT-12"] == 12


def test_an_evicted_flow_is_new_when_it_comes_again() -> None:
    result = run(Evicting(), *connections(*range(1, 10)), enters(40001), enters(40009))
    assert result.divergences == []
    assert result.reasons == {"new": 10, "reply": 1}


class EvictsAffinities(Datapath):
    """Has much room for connections; of four affinities it gives up the oldest."""

    def kept(self, table: TableName) -> int | None:
        return 2 if table.kind is TableKind.AFFINITIES else 1000

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        affinities = self.tables.affinities
        if len(affinities) > 3:
            del affinities[next(iter(affinities))]
        return outcome


def test_of_several_tables_each_evicts_by_its_own_size() -> None:
    """The pod has an affinity for each service that it opens a connection to."""
    services = [
        service(number, f"10.96.1.{number}", Algorithm.MAGLEV, affinity_timeout=SECOND)
        for number in range(1, 7)
    ]
    topology = (TOPOLOGY[0], *map(PutService, services))
    steps = [leaves(number, to=f"10.96.1.{number}") for number in range(1, 7)]
    result = Lockstep(ModelReference(), EvictsAffinities()).run(scenario(*steps, topology=topology))
    assert result.divergences == []
    assert (result.packets, result.evicted) == (6, 3)


def test_entries_of_a_packet_may_be_evicted_for_each_other() -> None:
    def first_of_two(datapath: Once) -> None:
        datapath.lose([flow_key(40009, to=WEB)])

    result = run(Once(9, first_of_two), *connections(*range(1, 9)), leaves(40009, to=WEB))
    assert result.divergences == []


@pytest.mark.parametrize("step", [first_fragment(), leaves(40008)])
def test_a_packet_that_puts_nothing_there_evicts_nothing(step: PacketStep) -> None:
    """A retransmission, and the known flow's first fragment: the latter puts a datagram."""
    begin = [first_fragment(), *connections(*range(2, 9))]
    (found,) = run(Once(9, lost(4)), *begin, step).divergences
    assert (found.index, found.step) == (len(begin) + 1, None)
    assert str(found.differences[0].actual) == "absent"


def test_a_table_with_room_evicts_nothing() -> None:
    """The first that may evict is a packet that finds more entries than the table keeps."""
    steps = connections(*range(1, KEPT + 2))
    (found,) = run(Once(KEPT + 1, lost(1)), *steps).divergences
    assert (found.step, found.differences[0].where) == (None, f"tcp 10.0.1.5:40001 -> {PEER}:80")
    (found,) = run(Once(KEPT + 1, lost(1)), *steps, enters(40001)).divergences
    assert found.step == enters(40001)
    assert run(Once(KEPT + 2, lost(1)), *steps, leaves(1)).divergences == []


def test_no_more_is_evicted_than_the_table_gives_up_at_once() -> None:
    steps = connections(*range(1, SIZE + 1))
    assert run(Once(SIZE, lost(1)), *steps).divergences == []
    (found,) = run(Once(SIZE, lost(1, 2)), *steps).divergences
    assert found.index == SIZE - 1
    assert [str(one.actual) for one in found.differences] == ["absent"] * 2


def test_what_was_put_last_is_there() -> None:
    (found,) = run(Once(SIZE, lost(SIZE)), *connections(*range(1, SIZE + 1))).divergences
    assert found.index == SIZE - 1
    assert found.differences[0].where.startswith(f"tcp 10.0.1.5:{40000 + SIZE} ->")


def test_a_table_that_refuses_evicts_nothing() -> None:
    class Refusing(Once):
        kept_entries = None

    (found,) = run(Refusing(SIZE, lost(1)), *connections(*range(1, SIZE + 1))).divergences
    assert found.index == SIZE


def test_a_changed_entry_is_no_eviction() -> None:
    def change(datapath: Once) -> None:
        flow = datapath.tables.conntrack[flow_key(40003)]
        assert isinstance(flow, Flow)
        datapath.tables.conntrack[flow_key(40003)] = replace(flow, opener_packets=7)

    steps = connections(*range(1, 10))
    (found,) = run(Once(9, change), *steps).divergences
    assert (found.step, found.differences[0].field) == (None, "opener_packets")


def test_an_extra_entry_is_no_eviction() -> None:
    def plant(datapath: Once) -> None:
        datapath.tables.conntrack[flow_key(7)] = Flow(expires=1 << 60)

    (found,) = run(Once(9, plant), *connections(*range(1, 10))).divergences
    assert (found.step, str(found.differences[0].expected)) == (None, "absent")


def test_an_entry_that_comes_back_is_found() -> None:
    def revive(datapath: Once) -> None:
        datapath.tables.conntrack[flow_key(40001)] = Flow(expires=1 << 60)

    (found,) = run(Once(10, revive), *connections(*range(1, 11))).divergences
    assert str(found.differences[0].expected) == "absent"


def test_entries_that_are_set_up_may_evict_as_well() -> None:
    put = OperationStep(tuple(PutEntry(flow_key(port), Flow(expires=1 << 60)) for port in (1, 2)))
    result = run(Evicting(), *connections(*range(1, SIZE + 1)), put, enters(40001), enters(40008))
    assert result.divergences == []
    assert result.reasons == {"new": 9, "reply": 1}


def test_an_unlimited_run_comes_after_a_limited_one() -> None:
    lockstep = Lockstep(ModelReference(), Datapath())
    refusing = replace(small(*connections(*range(1, 12))), limits=Limits(conntrack=3, refuse=True))
    assert lockstep.run(refusing).reasons == {"new": 3, "conntrack_create_failed": 8}
    assert lockstep.run(scenario(*connections(*range(1, 12)))).reasons == {"new": 11}


class Unloadable(Datapath):
    """A datapath that cannot be had with small tables."""

    def resized(self, limits: Limits) -> Unloadable:
        if limits != UNLIMITED:
            raise UserError(f"no tables of {limits.conntrack} entries here")
        return self


def test_sizes_that_one_side_cannot_have_leave_both_as_they_were() -> None:
    lockstep = Lockstep(ModelReference(), Unloadable())
    usual = scenario(*connections(1, 2, 3))
    before = lockstep.run(usual)
    refusing = replace(small(leaves(40001)), limits=Limits(conntrack=1, refuse=True))
    with pytest.raises(UserError, match="no tables of 1 entries"):
        lockstep.run(refusing)
    after = lockstep.run(usual)
    assert after.divergences == []
    assert after.reasons == before.reasons == {"new": 3}
