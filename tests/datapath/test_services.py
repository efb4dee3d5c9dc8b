"""The load balancer's tables say of each frontend what its service says, and nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.index import index_key
from harness.datapath.codec.service import ServiceKey
from harness.kernel.btf import Btf
from model.domain.address import Family, family_of, parse_address
from model.domain.operation import PutService, RemoveService
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from tests.datapath.lookup import NOT_A_SERVICE
from tests.datapath.service_world import (
    KEYS,
    SIZES,
    World,
    expected_view,
    service_addresses,
)

CLIENT_FACING = FrontendKey(parse_address("10.96.0.1"), 80, 6)


def small_service(*backends: Backend) -> Service:
    frontends = (Frontend(FrontendKind.CLUSTER_IP, CLIENT_FACING),)
    return Service(1, "small", frontends, backends, maglev_size=7)


def backend(number: int, state: BackendState = BackendState.ACTIVE) -> Backend:
    return Backend(number, parse_address(f"10.1.0.{number}"), 8080, state)


@pytest.mark.parametrize("seed", range(20))
def test_random_services(btf: Btf, codecs: Codecs, seed: int) -> None:
    world = World(seed, btf, codecs)
    for _ in range(15):
        world.control_plane.apply(world.operations())
        for key in KEYS:
            assert world.lookup.service(key) == expected_view(world.services, key)
        check_nothing_more(world, codecs)


def check_nothing_more(world: World, codecs: Codecs) -> None:
    """No row without a use: frontends, markers, services, backends."""
    frontends = {f.key for service in world.services.values() for f in service.frontends}
    frontends |= {FrontendKey(address, 0, 0) for address in service_addresses(world.services)}
    written = {
        codecs.of[family].frontend.decode_key(key)
        for family in Family
        for key in world.maps[f"frontends_ipv{family:d}"].elements
    }
    assert written == frontends
    families = {
        (service.identifier, family_of(frontend.key.address))
        for service in world.services.values()
        for frontend in service.frontends
    }
    families |= {
        (service.identifier, family)
        for service in world.services.values()
        if service.affinity_timeout is not None
        for family in Family
    }
    rows = {codecs.service.decode_key(key) for key in world.maps["services"].elements}
    assert {(row.service, row.family) for row in rows} == families
    slots = {int.from_bytes(value[:4], "little") for _, value in world.maps["backends"].items()}
    known = {b.identifier for service in world.services.values() for b in service.backends}
    assert slots - {0} == known


@pytest.mark.parametrize("seed", range(10))
def test_a_packet_between_two_writes_sees_old_or_new(btf: Btf, codecs: Codecs, seed: int) -> None:
    world = World(seed, btf, codecs)
    for _ in range(15):
        before = {key: world.lookup.service(key) for key in KEYS}
        operation = world.careful_operation()
        after = {key: expected_view(world.services, key) for key in KEYS}
        seen: dict[FrontendKey, list[object]] = {key: [] for key in KEYS}

        def watch(seen: dict[FrontendKey, list[object]] = seen) -> None:
            for key in KEYS:
                seen[key].append(world.lookup.service(key))

        world.faults.watch = watch
        world.control_plane.apply([operation])
        world.faults.watch = None
        for key in KEYS:
            assert all(view in (before[key], after[key]) for view in seen[key]), key


def test_affinity_outlives_the_frontend(btf: Btf, codecs: Codecs) -> None:
    """Connections that it made go on renewing their client's affinity (LB-7)."""
    world = World(0, btf, codecs)
    sticky = replace(small_service(backend(1)), affinity_timeout=7)
    world.control_plane.apply([PutService(sticky)])
    world.control_plane.apply([PutService(replace(sticky, frontends=(), backends=()))])
    rows = world.maps["services"].elements.items()
    timeouts = {
        codecs.service.decode_key(key): codecs.service.decode(value).affinity_timeout
        for key, value in rows
    }
    assert timeouts == {ServiceKey(1, family, local_only=False): 7 for family in Family}
    plain = replace(sticky, frontends=(), backends=(), affinity_timeout=None)
    world.control_plane.apply([PutService(plain)])
    assert not world.maps["services"].elements


def test_a_freed_backend_keeps_its_address_but_no_connection(btf: Btf, codecs: Codecs) -> None:
    """A packet that has read the slot from the old list still finds the old address.

    It may record the choice, of backend 0; by LB-6 nobody keeps what is quarantined.
    """
    world = World(0, btf, codecs)
    world.control_plane.apply([PutService(small_service(backend(1), backend(2)))])
    slot = world.control_plane.services.slot_of(2)
    assert slot is not None
    before = world.maps["backends"].lookup(index_key(slot))
    world.control_plane.apply([PutService(small_service(backend(1)))])
    after = world.maps["backends"].lookup(index_key(slot))
    assert before is not None
    fields = btf.structures["backend"].fields
    assert fields is not None
    state = fields["state"][1]
    quarantined = bytes([BackendState.QUARANTINED])
    assert after == bytes(4) + before[4:state] + quarantined + before[state + 1 :]


def test_a_changed_state_rewrites_no_maglev_table_of_others(btf: Btf, codecs: Codecs) -> None:
    """A quarantined backend that was not eligible either way costs one element."""
    world = World(0, btf, codecs)
    dying = backend(2, BackendState.TERMINATING)
    world.control_plane.apply([PutService(small_service(backend(1), dying))])
    world.faults.calls = 0
    gone = replace(dying, state=BackendState.QUARANTINED)
    world.control_plane.apply([PutService(small_service(backend(1), gone))])
    assert world.faults.calls == 1


def test_one_change_among_many_services_touches_that_one_alone(btf: Btf, codecs: Codecs) -> None:
    """A new list, the row, the old backend: three elements, however many services there are."""
    world = World(0, btf, codecs)
    others = [
        Service(number, "other", (), (Backend(100 + number, parse_address("10.3.0.1"), 80),))
        for number in range(2, 200)
    ]
    world.control_plane.apply([PutService(service) for service in others])
    world.control_plane.apply([PutService(small_service(backend(1), backend(2)))])
    world.faults.calls = 0
    written: list[int] = []
    world.faults.watch = lambda: written.append(1)
    random_choice = replace(small_service(backend(1)), algorithm=Algorithm.RANDOM)
    world.control_plane.apply([PutService(random_choice)])
    assert world.faults.calls == len(written) == 3
    world.faults.watch = None


def test_slots_and_stretches_are_reused_for_ever(btf: Btf, codecs: Codecs) -> None:
    """More backends and tables pass through the arrays than they hold."""
    world = World(0, btf, codecs)
    last = 2 * max(SIZES["backends"], SIZES["maglev_tables"] // 7)
    for number in range(1, last + 1):
        fresh = Backend(number, parse_address("10.2.0.1"), 80)
        world.control_plane.apply([PutService(small_service(fresh))])
    view = world.lookup.service(CLIENT_FACING)
    assert not isinstance(view, str)
    assert view.eligible == (last,)
    assert view.maglev == (last,) * 7


def test_a_removed_service_leaves_nothing(btf: Btf, codecs: Codecs) -> None:
    world = World(0, btf, codecs)
    world.control_plane.apply([PutService(small_service(backend(1)))])
    world.control_plane.apply([RemoveService(1)])
    assert world.lookup.service(CLIENT_FACING) == NOT_A_SERVICE
    world.services = {}
    check_nothing_more(world, codecs)
