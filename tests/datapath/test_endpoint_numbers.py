"""Numbers for endpoints' IPv6 addresses: who gets one, how long, and who gets it next."""

from __future__ import annotations

import numpy as np
import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.endpoint_number import NO_NUMBER, EndpointNumbers
from harness.datapath.control_plane.collector import Collector
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.datapath.control_plane.endpoint_numbers import NumberAllocator
from harness.datapath.control_plane.journal import Journal
from harness.kernel.btf import Btf
from harness.subject import OperationError
from model.domain.address import Address, parse_address
from model.domain.endpoint import Endpoint
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import PutEndpoint, PutEntry, RemoveEndpoint
from tests.datapath.fake_maps import SMALL_SIZES, fake_maps

FIRST, SECOND, THIRD = (parse_address(f"fd00::{number}") for number in (1, 2, 3))
PEER = parse_address("fd00:1::1")


def pod(address: Address, identifier: int = 1) -> Endpoint:
    return Endpoint(identifier, f"pod-{identifier}", 10 + identifier, 100, ipv6=address)


def test_an_address_keeps_its_number() -> None:
    allocator = NumberAllocator(EndpointNumbers(), 10)
    first = allocator.take(FIRST, Journal())
    assert first != NO_NUMBER
    assert allocator.take(SECOND, Journal()) not in {first, NO_NUMBER}
    assert allocator.take(FIRST, Journal()) == first


def test_ipv4_needs_none() -> None:
    allocator = NumberAllocator(EndpointNumbers(), 1)
    assert allocator.take(parse_address("10.0.0.1"), Journal()) == NO_NUMBER
    assert allocator.take(None, Journal()) == NO_NUMBER
    assert allocator.take(FIRST, Journal()) == 1


def test_what_is_taken_back_is_free_again() -> None:
    allocator, journal = NumberAllocator(EndpointNumbers(), 1), Journal()
    allocator.take(FIRST, journal)
    journal.roll_back()
    assert allocator.take(SECOND, Journal()) == 1


def test_there_are_only_so_many() -> None:
    allocator = NumberAllocator(EndpointNumbers(), 2)
    for address in (FIRST, SECOND):
        allocator.take(address, Journal())
    with pytest.raises(OperationError, match=r"all 2 numbers .* let the collector run"):
        allocator.take(THIRD, Journal())
    allocator.keep({SECOND}, ())
    assert allocator.take(THIRD, Journal()) == 1


def test_what_was_freed_is_given_last() -> None:
    """A packet that met the old endpoint may still be under way."""
    allocator = NumberAllocator(EndpointNumbers(), 3)
    assert allocator.take(FIRST, Journal()) == 1
    allocator.keep((), ())
    assert [allocator.take(one, Journal()) for one in (SECOND, THIRD, FIRST)] == [2, 3, 1]


def test_addresses_of_numbers() -> None:
    numbers = EndpointNumbers()
    allocator = NumberAllocator(numbers, 10)
    places = [allocator.take(one, Journal()) for one in (FIRST, SECOND)]
    found = numbers.addresses(np.array([places[1], 9, places[0], places[1]], np.uint16))
    assert [row.tobytes() for row in found] == [SECOND, bytes(16), FIRST, SECOND]


def test_flows_find_their_endpoint_on_another_interface(btf: Btf, codecs: Codecs) -> None:
    """The pod's row goes and comes back elsewhere: the number in it is the same."""
    maps = fake_maps(btf, SMALL_SIZES)
    control_plane = ControlPlane(maps, codecs)
    control_plane.apply([PutEndpoint(pod(FIRST))])
    (before,) = (codecs.endpoint.decode(row) for _, row in maps["endpoints"].items())
    control_plane.apply([RemoveEndpoint(1)])
    control_plane.apply([PutEndpoint(pod(SECOND)), PutEndpoint(pod(FIRST, 2))])
    rows = [codecs.endpoint.decode(row) for _, row in maps["endpoints"].items()]
    numbers = {row.ipv6: row.ipv6_number for row in rows}
    assert numbers[FIRST] == before.ipv6_number
    assert numbers[SECOND] not in {NO_NUMBER, before.ipv6_number}


def test_the_collector_frees_what_nobody_has(
    btf: Btf, codecs: Codecs, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = fake_maps(btf, SMALL_SIZES)
    control_plane = ControlPlane(maps, codecs)
    collector = Collector(maps, btf, codecs, control_plane)
    flow = PutEntry(FlowKey(THIRD, PEER, 1, 2, 17, Opener.PEER), Flow(2000))
    control_plane.apply([PutEndpoint(pod(FIRST)), PutEndpoint(pod(SECOND, 2)), flow])
    control_plane.apply([RemoveEndpoint(1)])
    collector.collect(1000)
    assert set(codecs.numbers.by_address) == {FIRST, SECOND, THIRD}, "there are plenty"
    monkeypatch.setattr(NumberAllocator, "is_scarce", True)
    collector.collect(1000)
    assert set(codecs.numbers.by_address) == {SECOND, THIRD}, "an endpoint, an entry"
    collector.collect(2000)
    assert set(codecs.numbers.by_address) == {SECOND}


@pytest.mark.parametrize(("taken", "scarce"), [(2, False), (3, True)])
def test_when_numbers_are_scarce(taken: int, scarce: bool) -> None:
    allocator = NumberAllocator(EndpointNumbers(), 10)
    for address in (FIRST, SECOND, THIRD)[:taken]:
        allocator.take(address, Journal())
    assert allocator.is_scarce is scarce
