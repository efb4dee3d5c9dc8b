"""Small tables, filled a few times over: model and datapath agree on every step (CT-12)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.datapath.bench import Bench
from harness.datapath.sizes import TEST_MAPS, limited, map_name
from harness.kernel.interface import LoaderName
from harness.kernel.loader import MapOptions
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import RunResult
from harness.reference import ModelReference
from model.domain.address import Family
from model.domain.limits import UNLIMITED, Limits, TableKind, TableName
from tests.datapath.full_tables import scenario

STEPS = 1500
INTERVAL = 100
TINY = Limits(conntrack=1, affinities=1, datagrams=1)
SMALL = Limits(conntrack=8, affinities=2, datagrams=4)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.fixture(scope="module")
def lockstep(bench: Bench) -> Lockstep:
    return Lockstep(ModelReference(), bench.open(), interval=INTERVAL)


def run(lockstep: Lockstep, limits: Limits, ports: int, steps: int = STEPS) -> RunResult:
    result = lockstep.run(scenario(limits, seed=ports, length=steps, ports=ports))
    assert result.divergences == []
    assert result.steps == steps
    return result


@pytest.mark.clause(hits=["CT-12"])
@pytest.mark.parametrize(
    ("limits", "ports"),
    [
        (TINY, 4),
        (SMALL, 10),
        (Limits(conntrack=64, affinities=1, datagrams=8), 50),
        (Limits(conntrack=200, datagrams=1), 150),
    ],
    ids=["1", "8", "64", "200"],
)
def test_tables_that_evict(lockstep: Lockstep, limits: Limits, ports: int) -> None:
    result = run(lockstep, limits, ports)
    assert limits.conntrack is not None
    assert result.evicted > 3 * limits.conntrack
    assert result.clauses["CT-12"] > 50
    assert not result.reasons["conntrack_create_failed"]


@pytest.mark.clause(hits=["CT-12", "CT-12a", "CT-12b"])
@pytest.mark.parametrize(
    ("limits", "ports"),
    [
        (Limits(conntrack=6, affinities=1, datagrams=1, refuse=True), 10),
        (Limits(conntrack=30, affinities=2, datagrams=3, refuse=True), 50),
    ],
    ids=["6", "30"],
)
def test_tables_that_refuse(lockstep: Lockstep, limits: Limits, ports: int) -> None:
    result = run(lockstep, limits, ports)
    assert not result.evicted
    assert result.reasons["conntrack_create_failed"] > 100
    assert result.clauses["CT-12b"]


def test_tables_that_evict_by_the_other_loader(bench: Bench) -> None:
    """Loaded with small tables at once: what it keeps is what the engine goes by."""
    options = limited(TEST_MAPS, SMALL)
    subject = bench.open(loader=LoaderName.BCC, options=options)
    result = run(Lockstep(ModelReference(), subject, interval=INTERVAL), UNLIMITED, ports=10)
    assert result.evicted > 100


def test_lost_choices_are_made_again(lockstep: Lockstep) -> None:
    """LB-4a: of a connection's two entries one is evicted, and comes back at the other's cost."""
    assert run(lockstep, TINY, ports=4).clauses["LB-4a"] > 10


@pytest.mark.clause(misses=["CT-12"])
def test_tables_of_the_usual_size_lose_nothing(lockstep: Lockstep) -> None:
    result = run(lockstep, UNLIMITED, ports=300)
    assert not result.evicted
    assert not result.clauses["CT-12"]


def test_each_set_of_limits_is_loaded_once(bench: Bench) -> None:
    subject, limits = bench.open(), Limits(conntrack=5)
    small = subject.resized(limits)
    assert small is not subject
    assert small is subject.resized(Limits(conntrack=5))
    assert small.resized(UNLIMITED) is subject
    assert small.name == subject.name


def test_what_a_table_keeps_is_said_of_tables_that_evict(bench: Bench) -> None:
    conntrack, datagrams = (
        TableName(kind, Family.IPV4) for kind in (TableKind.CONNTRACK, TableKind.DATAGRAMS)
    )
    subject = bench.open().resized(Limits(conntrack=5, refuse=True))
    assert subject.kept(conntrack) is None
    kept = subject.kept(datagrams)
    assert kept is not None
    assert 0 < kept < TEST_MAPS.sizes[map_name(datagrams)]


def test_sizes_leave_other_maps_as_they_are() -> None:
    base = MapOptions({"backends": 7, "conntrack_ipv4": 9}, {"services": "hash"})
    options = limited(base, Limits(conntrack=3, refuse=True))
    assert options.sizes == {"backends": 7, "conntrack_ipv4": 3, "conntrack_ipv6": 3}
    kinds = {"services": "hash", "conntrack_ipv4": "hash", "conntrack_ipv6": "hash"}
    assert options.kinds == kinds
    assert limited(base, UNLIMITED) == base
