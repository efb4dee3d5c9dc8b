"""All of a transaction happens, or none of it, at whatever write it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.configuration import Settings
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.kernel.btf import Btf
from harness.subject import OperationError
from model.domain.address import Network, parse_address
from model.domain.configuration import Configuration
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)
from model.domain.policy import CidrPeer, IdentityPeer, PolicyRule, PortRange, RuleVerdict
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from tests.datapath.fake_maps import SMALL_SIZES, FakeMap, Faults, fake_maps, snapshot
from tests.datapath.lookup import settings

POD = Endpoint(1, "pod", 11, 100, parse_address("10.0.0.1"))
POD_2 = Endpoint(2, "pod-2", 12, 101, parse_address("10.0.0.2"), parse_address("fd00::2"))
FLOW = FlowKey(parse_address("10.0.0.1"), parse_address("10.1.0.1"), 1000, 80, 6, Opener.ENDPOINT)
CHOICE = FLOW._replace(peer_address=parse_address("10.96.0.1"))


def frontend(text: str, port: int, kind: FrontendKind = FrontendKind.CLUSTER_IP) -> Frontend:
    return Frontend(kind, FrontendKey(parse_address(text), port, 6))


def backend(number: int, state: BackendState = BackendState.ACTIVE) -> Backend:
    return Backend(number, parse_address(f"10.1.0.{number}"), 8080, state)


def service(identifier: int, frontends: list[Frontend], backends: list[Backend]) -> Service:
    return Service(identifier, "s", tuple(frontends), tuple(backends), maglev_size=7)


def rule(identifier: int, peer: IdentityPeer | CidrPeer, first: int, last: int) -> PolicyRule:
    ports = PortRange(first, last)
    return PolicyRule(identifier, 1, Direction.EGRESS, 1, RuleVerdict.ALLOW, peer, 6, ports)


EAST = CidrPeer(Network.parse("10.1.0.0/16"), (Network.parse("10.1.2.0/24"),))

TRANSACTIONS: list[list[Operation]] = [
    [
        PutEndpoint(POD),
        PutEndpoint(POD_2),
        PutIdentity(IdentityPrefix(Network.parse("10.0.0.0/24"), 100)),
        PutIdentity(IdentityPrefix(Network.parse("10.0.0.2/32"), 101)),
        PutRule(rule(1, IdentityPeer(101), 80, 90)),
        PutService(service(1, [frontend("10.96.0.1", 80)], [backend(1), backend(2)])),
        PutService(service(2, [frontend("10.96.0.2", 80), frontend("10.96.0.2", 443)], [])),
        PutEntry(CHOICE, Selection(1, 2)),
        PutEntry(FLOW, Flow(5, load_balanced=True)),
    ],
    [
        PutService(service(1, [], [backend(2, BackendState.QUARANTINED), backend(3)])),
        PutService(service(2, [frontend("10.96.0.1", 80), frontend("fd00::96", 1)], [backend(4)])),
        PutRule(rule(1, EAST, 70, 300)),
        PutRule(rule(2, IdentityPeer(100), 0, 65535)),
        PutEntry(FLOW, Flow(9)),
        RemoveEntry(CHOICE),
        SetConfiguration(Configuration(host_reaches_pods=False)),
    ],
    [
        RemoveIdentity(Network.parse("10.0.0.0/24")),
        RemoveRule(1),
        RemoveService(1),
        PutEndpoint(Endpoint(2, "pod-2", 13, 101, None, parse_address("fd00::2"))),
    ],
    [RemoveEndpoint(1), RemoveEndpoint(2), RemoveService(2), RemoveEntry(FLOW)],
]


def run(btf: Btf, codecs: Codecs, count: int) -> tuple[ControlPlane, dict[str, FakeMap], Faults]:
    """A control plane after the first so many transactions."""
    faults = Faults()
    maps = fake_maps(btf, SMALL_SIZES, faults)
    control_plane = ControlPlane(maps, codecs)
    for operations in TRANSACTIONS[:count]:
        control_plane.apply(operations)
    return control_plane, maps, faults


class Contents(NamedTuple):
    """What is in the maps. Revisions, and marks of `server_ports`, are kept apart from the rest."""

    tables: dict[str, dict[bytes, bytes]]
    settings: Settings
    policy_revision: int
    service_revision: int
    marks: dict[bytes, bytes]


def contents(maps: Mapping[str, FakeMap], codecs: Codecs) -> Contents:
    """Everything, with both revisions 0 in `settings`."""
    tables, found = snapshot(maps), settings(maps, codecs)
    del tables["configuration"]
    return Contents(
        marks=tables.pop("server_ports"),
        tables=tables,
        settings=replace(found, policy_revision=0, service_revision=0),
        policy_revision=found.policy_revision,
        service_revision=found.service_revision,
    )


@pytest.mark.parametrize("number", range(len(TRANSACTIONS)))
def test_a_failure_at_any_write_changes_nothing_but_revisions_and_marks(
    btf: Btf, codecs: Codecs, number: int
) -> None:
    """The revisions are above all that packets may have met; marks stay (docs/datapath.md).

    And the same transaction afterwards writes what it would have written before.
    """
    _, maps, faults = run(btf, codecs, number)
    calls_before, before = faults.calls, contents(maps, codecs)
    _, maps_after, faults_after = run(btf, codecs, number + 1)
    writes, after = faults_after.calls - calls_before, contents(maps_after, codecs)
    policy, services = after.policy_revision + 1, after.service_revision + 1
    assert writes > 4
    for failing in range(writes):
        control_plane, maps, faults = run(btf, codecs, number)
        faults.fail_at = faults.calls + failing
        with pytest.raises(OperationError, match=r"ENOMEM.*; the transaction was taken back"):
            control_plane.apply(TRANSACTIONS[number])
        found = contents(maps, codecs)
        assert found == before._replace(
            policy_revision=policy, service_revision=services, marks=found.marks
        )
        assert before.marks.items() <= found.marks.items() <= after.marks.items()
        assert list(control_plane.tables.damage()) == []
        control_plane.apply(TRANSACTIONS[number])
        assert contents(maps, codecs) == after._replace(
            policy_revision=policy + after.policy_revision - before.policy_revision,
            service_revision=services + after.service_revision - before.service_revision,
        )


def test_revisions_that_could_not_be_written_are_not_used_later(btf: Btf, codecs: Codecs) -> None:
    control_plane, maps, faults = run(btf, codecs, 1)
    before = settings(maps, codecs)
    faults.fail_at, faults.fail_on = faults.calls + 1, True
    with pytest.raises(OperationError, match="could not be taken back"):
        control_plane.apply([PutService(service(1, [frontend("10.96.0.1", 80)], [backend(1)]))])
    assert settings(maps, codecs) == before
    faults.fail_at = None
    control_plane.apply([RemoveRule(1), RemoveService(2)])
    found = settings(maps, codecs)
    assert found.policy_revision == before.policy_revision + 2
    assert found.service_revision == before.service_revision + 2


def test_an_operation_that_is_refused_takes_those_before_it_along(btf: Btf, codecs: Codecs) -> None:
    control_plane, maps, faults = run(btf, codecs, 1)
    before, calls = snapshot(maps), faults.calls
    with pytest.raises(OperationError, match="rule 99 cannot be removed"):
        control_plane.apply([*TRANSACTIONS[1], RemoveRule(99)])
    assert snapshot(maps) == before
    assert faults.calls == calls
    control_plane.apply(TRANSACTIONS[1])
    assert snapshot(maps) == snapshot(run(btf, codecs, 2)[1])


def test_what_is_taken_back_in_vain_is_said(btf: Btf, codecs: Codecs) -> None:
    """Both the write and its undoing fail: nobody must think that nothing has happened."""
    control_plane, _, faults = run(btf, codecs, 1)
    faults.fail_at, faults.fail_on = faults.calls + 1, True
    with pytest.raises(OperationError, match="could not be taken back"):
        control_plane.apply(TRANSACTIONS[1])


@pytest.mark.parametrize(
    ("sizes", "table"),
    [
        ({"frontends_ipv4": 2}, "frontends_ipv4"),
        ({"services": 1}, "services"),
        ({"backends": 1}, "backends"),
        ({"eligible_backends": 1}, "eligible_backends"),
        ({"maglev_tables": 6}, "maglev_tables"),
        ({"endpoints": 1}, "endpoints"),
        ({"policies": 0}, "policies"),
        ({"policy_pages": 2}, "policy_pages"),
        ({"addresses_ipv4": 0}, "addresses_ipv4"),
        ({"prefixes_ipv4": 1}, "prefixes_ipv4"),
    ],
)
def test_a_table_that_is_too_small_is_named_before_anything_is_written(
    btf: Btf, codecs: Codecs, sizes: dict[str, int], table: str
) -> None:
    faults = Faults()
    maps = fake_maps(btf, SMALL_SIZES | sizes, faults)
    control_plane = ControlPlane(maps, codecs)
    before, calls = snapshot(maps), faults.calls
    with pytest.raises(OperationError, match=f"table {table}") as raised:
        control_plane.apply(TRANSACTIONS[0])
    assert "\n" not in str(raised.value)
    assert (snapshot(maps), faults.calls) == (before, calls)


def dual_stack(identifier: int) -> PutService:
    """A service with a frontend of each family."""
    frontends = [frontend(f"{network}{identifier}", 80) for network in ("10.96.0.", "fd00::96:")]
    return PutService(service(identifier, frontends, []))


def test_many_small_writes_to_a_table_are_counted_together(btf: Btf, codecs: Codecs) -> None:
    """Frontends of two families take turns, so that each write is small and would fit."""
    faults = Faults()
    maps = fake_maps(btf, SMALL_SIZES | {"frontends_ipv4": 4}, faults)
    control_plane = ControlPlane(maps, codecs)
    control_plane.apply([dual_stack(1)])
    before, calls = snapshot(maps), faults.calls
    with pytest.raises(OperationError, match="frontends_ipv4 holds 4 elements, 6 are needed"):
        control_plane.apply([dual_stack(2), dual_stack(3)])
    assert (snapshot(maps), faults.calls) == (before, calls)
    control_plane.apply([dual_stack(2)])


def test_what_goes_first_makes_room_for_what_comes(btf: Btf, codecs: Codecs) -> None:
    sizes = SMALL_SIZES | {"frontends_ipv4": 4, "frontends_ipv6": 4}
    maps = fake_maps(btf, sizes)
    control_plane = ControlPlane(maps, codecs)
    control_plane.apply([dual_stack(1), dual_stack(2)])
    control_plane.apply([RemoveService(1), dual_stack(3)])
    assert len(maps["frontends_ipv4"].elements) == 4
    assert list(control_plane.tables.damage()) == []


def apply_all(control_plane: ControlPlane, faults: Faults) -> None:
    """Every transaction in turn. One that is refused has written nothing."""
    for operations in TRANSACTIONS:
        calls = faults.calls
        try:
            control_plane.apply(operations)
        except OperationError:
            assert faults.calls == calls
            raise


@pytest.mark.parametrize(
    "table",
    [
        "endpoints",
        "frontends_ipv4",
        "frontends_ipv6",
        "services",
        "addresses_ipv4",
        "prefixes_ipv4",
        "policies",
    ],
)
def test_refused_exactly_where_a_table_would_overflow(btf: Btf, codecs: Codecs, table: str) -> None:
    """The changes fit into as much room as they take in between, and into no less."""
    faults = Faults()
    maps = fake_maps(btf, SMALL_SIZES, faults)
    sizes = []
    faults.watch = lambda: sizes.append(len(maps[table].elements))
    apply_all(ControlPlane(maps, codecs), faults)
    faults.watch = None
    most = max(sizes)
    apply_all(ControlPlane(fake_maps(btf, SMALL_SIZES | {table: most}, faults), codecs), faults)
    tight = fake_maps(btf, SMALL_SIZES | {table: most - 1}, faults)
    with pytest.raises(OperationError, match=f"^table {table} holds {most - 1} .* {most} are"):
        apply_all(ControlPlane(tight, codecs), faults)


def test_a_selection_knows_its_backends_slot(btf: Btf, codecs: Codecs) -> None:
    control_plane, maps, _ = run(btf, codecs, 1)
    codec = codecs.of[CHOICE.family]
    element = maps["conntrack_ipv4"].lookup(codec.flow_key.encode(CHOICE))
    slot = control_plane.services.slot_of(2)
    assert slot == 1
    assert element == codec.entry.encode(Selection(1, 2), slot)


def test_damage_names_what_others_changed(btf: Btf, codecs: Codecs) -> None:
    control_plane, maps, _ = run(btf, codecs, 1)
    assert list(control_plane.tables.damage()) == []
    key, value = maps["endpoints"].items()[0]
    maps["endpoints"].elements[key] = bytes(len(value))
    maps["services"].elements.clear()
    maps["backends"].elements[b"\x09\0\0\0"] = b"\x01" * maps["backends"].value_size
    maps["policies"].elements[bytes(12)] = bytes(24)
    damage = list(control_plane.tables.damage())
    assert {(found.table, found.written is None, found.found is None) for found in damage} == {
        ("endpoints", False, False),
        ("services", False, True),
        ("backends", False, False),
        ("policies", True, False),
    }


def test_random_needs_no_prime(btf: Btf, codecs: Codecs) -> None:
    control_plane, _, _ = run(btf, codecs, 0)
    unsized = Service(9, "s", (), (backend(9),), Algorithm.RANDOM, maglev_size=6)
    control_plane.apply([PutService(unsized)])
    assert control_plane.inventory.services[9] == unsized
