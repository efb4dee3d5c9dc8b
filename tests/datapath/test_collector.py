"""The collector removes exactly what has expired, and selections that lead to no live flow."""

from __future__ import annotations

import random

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.collector import Collector
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.datapath.packet_tables import PacketTables
from harness.kernel.btf import Btf
from model.domain.address import Address, parse_address
from model.domain.configuration import DEFAULT_LOOPBACK_IPV4, DEFAULT_LOOPBACK_IPV6
from model.domain.flow import (
    Affinity,
    AffinityKey,
    Datagram,
    Entry,
    Flow,
    FlowKey,
    FragmentKey,
    Opener,
    Selection,
)
from model.domain.operation import PutEntry, PutService, RemoveService
from model.domain.service import Algorithm, Backend, Service
from model.domain.state import State
from tests.datapath.fake_maps import FakeMap, fake_maps

NOW = 1000
SIZES = {"backends": 64, "eligible_backends": 64, "maglev_tables": 64, "policy_pages": 16}
FAMILIES = {
    4: ("10.0.0.1", "10.0.0.2", "10.96.0.1"),
    6: ("fd00::1", "fd00::2", "fd00:96::1"),
}


class Bench:
    """Maps with a service of four backends: the pod itself and another, in both families."""

    def __init__(self, btf: Btf, codecs: Codecs) -> None:
        self.maps: dict[str, FakeMap] = fake_maps(btf, SIZES)
        self.codecs = codecs
        self.control_plane = ControlPlane(self.maps, codecs)
        self.backends = {
            number: Backend(number, parse_address(FAMILIES[family][place]), 8080 + place)
            for number, (family, place) in enumerate(((4, 0), (4, 1), (6, 0), (6, 1)), start=1)
        }
        backends = tuple(self.backends.values())
        service = Service(1, "s", (), backends, Algorithm.RANDOM, affinity_timeout=100)
        self.control_plane.apply([PutService(service)])
        self.collector = Collector(self.maps, btf, codecs, self.control_plane)

    def put(self, key: FlowKey, entry: Entry) -> None:
        self.control_plane.apply([PutEntry(key, entry)])

    def state(self) -> State:
        return PacketTables(self.maps, self.codecs, 0).state()


@pytest.fixture
def bench(btf: Btf, codecs: Codecs) -> Bench:
    return Bench(btf, codecs)


def leads_to(bench: Bench, key: FlowKey, selection: Selection) -> FlowKey | None:
    """LB-10 and LB-11a, as the specification puts them."""
    backend = bench.backends.get(selection.backend)
    if backend is None or len(backend.address) != len(key.endpoint_address):
        return None
    if backend.address != key.endpoint_address:
        return key._replace(peer_address=backend.address, peer_port=backend.port)
    loopback = DEFAULT_LOOPBACK_IPV4 if len(backend.address) == 4 else DEFAULT_LOOPBACK_IPV6
    return FlowKey(
        key.endpoint_address, loopback, backend.port, key.endpoint_port, key.protocol, Opener.PEER
    )


def is_live(bench: Bench, entries: dict[FlowKey, Entry], key: FlowKey) -> bool:
    """CT-4, CT-4a."""
    entry = entries[key]
    if isinstance(entry, Flow):
        return entry.expires > NOW
    wanted = leads_to(bench, key, entry)
    flow = entries.get(wanted) if wanted else None
    return (
        isinstance(flow, Flow)
        and flow.load_balanced
        and flow.expires > NOW
        and (flow.service_address, flow.service_port) == (key.peer_address, key.peer_port)
    )


def random_entry(rng: random.Random, bench: Bench) -> tuple[FlowKey, Entry]:
    """Entries over few addresses and ports, so that selections and flows meet."""
    family = rng.choice((4, 6))
    pod, _, frontend = map(parse_address, FAMILIES[family])
    ports = (1000, 1001)
    choice = FlowKey(pod, frontend, rng.choice(ports), rng.choice((80, 81)), 6, Opener.ENDPOINT)
    selection = Selection(1, rng.choice((1, 2, 3, 4, 9)))
    if rng.random() < 0.4:
        return choice, selection
    expires = rng.choice((NOW - 1, NOW, NOW + 1, NOW + 1, NOW + 1))
    key = leads_to(bench, choice, selection) or choice._replace(peer_port=83, opener=Opener.PEER)
    if rng.random() < 0.9:
        port = choice.peer_port if rng.random() < 0.7 else 82
        hairpin = key.opener is Opener.PEER
        return key, Flow(
            expires,
            load_balanced=True,
            hairpin=hairpin,
            service_address=frontend,
            service_port=port,
        )
    return key, Flow(expires)


@pytest.mark.clause(hits=["CT-4", "CT-4a"])
@pytest.mark.parametrize("seed", range(40))
def test_conntrack(bench: Bench, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 a test that repeats itself
    entries: dict[FlowKey, Entry] = {}
    for _ in range(80):
        key, entry = random_entry(rng, bench)
        entries[key] = entry
        bench.put(key, entry)
    assert bench.state().conntrack == entries
    live = {key: entry for key, entry in entries.items() if is_live(bench, entries, key)}
    assert bench.collector.collect(NOW) == len(entries) - len(live)
    assert bench.state().conntrack == live


def test_a_hairpin_selection_lives_by_its_flow(bench: Bench) -> None:
    pod, _, frontend = map(parse_address, FAMILIES[4])
    choice = FlowKey(pod, frontend, 1000, 80, 6, Opener.ENDPOINT)
    flow = FlowKey(pod, DEFAULT_LOOPBACK_IPV4, 8080, 1000, 6, Opener.PEER)
    bench.put(choice, Selection(1, 1))
    served = Flow(
        NOW + 5, load_balanced=True, hairpin=True, service_address=frontend, service_port=80
    )
    bench.put(flow, served)
    assert bench.collector.collect(NOW) == 0
    assert bench.collector.collect(NOW + 5) == 2


def test_a_selection_whose_backend_is_gone_is_dead(bench: Bench) -> None:
    """Even though its flow lives on (LB-6): nobody knows any more which one that was."""
    pod, peer, frontend = map(parse_address, FAMILIES[4])
    choice = FlowKey(pod, frontend, 1000, 80, 6, Opener.ENDPOINT)
    flow = choice._replace(peer_address=peer, peer_port=8081)
    served = Flow(NOW + 5, load_balanced=True, service_address=frontend, service_port=80)
    bench.put(choice, Selection(1, 2))
    bench.put(flow, served)
    assert bench.collector.collect(NOW) == 0
    bench.control_plane.apply([RemoveService(1)])
    assert bench.collector.collect(NOW) == 1
    assert bench.state().conntrack == {flow: served}


def put_affinity(bench: Bench, client: Address, service: int, last_use: int) -> AffinityKey:
    key = AffinityKey(client, service)
    family = 4 if len(client) == 4 else 6
    codec = next(c for f, c in bench.codecs.of.items() if f == family)
    value = bench.codecs.affinity.encode(Affinity(2, last_use))
    bench.maps[f"affinities_ipv{family}"].update(codec.affinity_key.encode(key), value)
    return key


def test_affinities(bench: Bench) -> None:
    client, client6 = parse_address("10.0.0.7"), parse_address("fd00::7")
    alive = put_affinity(bench, client, 1, NOW - 99)
    put_affinity(bench, client6, 1, NOW - 100)
    put_affinity(bench, client, 2, NOW)
    assert bench.collector.collect(NOW) == 2
    assert set(bench.state().affinities) == {alive}
    plain = Service(1, "s", (), tuple(bench.backends.values()), Algorithm.RANDOM)
    bench.control_plane.apply([PutService(plain)])
    assert bench.collector.collect(NOW) == 1


def test_datagrams(bench: Bench) -> None:
    source, destination = parse_address("fd00::1"), parse_address("fd00::2")
    keys = [FragmentKey(source, destination, number, 17, 0) for number in (1, 2)]
    codec = next(c for f, c in bench.codecs.of.items() if f == 6).fragment_key
    for key, expires in zip(keys, (NOW, NOW + 1), strict=True):
        value = bench.codecs.datagram.encode(Datagram(expires, 5, 6))
        bench.maps["datagrams_ipv6"].update(codec.encode(key), value)
    assert bench.collector.collect(NOW) == 1
    assert bench.state().datagrams == {keys[1]: Datagram(NOW + 1, 5, 6)}


@pytest.mark.clause(misses=["CT-4"])
def test_an_entry_that_a_packet_revived_meanwhile_stays(bench: Bench) -> None:
    """Read as expired, but a packet came before the collector could remove it."""
    pod, peer, _ = map(parse_address, FAMILIES[4])
    key = FlowKey(pod, peer, 1000, 80, 6, Opener.ENDPOINT)
    bench.put(key, Flow(NOW - 1))
    table = bench.maps["conntrack_ipv4"]
    stale = table.items()
    bench.put(key, Flow(NOW + 60))
    table.items = lambda: stale  # type: ignore[method-assign]  # what was read a moment ago
    assert bench.collector.collect(NOW) == 0
    del table.items
    assert bench.state().conntrack == {key: Flow(NOW + 60)}


def read_then_put(bench: Bench, *entries: tuple[FlowKey, Entry]) -> None:
    """Entries that packets record when the IPv4 table has just been read."""
    table = bench.maps["conntrack_ipv4"]

    def items() -> list[tuple[bytes, bytes]]:
        del table.items
        read = table.items()
        for key, entry in entries:
            bench.put(key, entry)
        return read

    table.items = items  # type: ignore[method-assign]  # a packet comes behind the last batch


FRONTEND = parse_address(FAMILIES[4][2])
CHOICE = FlowKey(parse_address(FAMILIES[4][0]), FRONTEND, 1000, 80, 6, Opener.ENDPOINT)
TO_SECOND = CHOICE._replace(peer_address=parse_address(FAMILIES[4][1]), peer_port=8081)
SERVED = Flow(NOW + 5, load_balanced=True, service_address=FRONTEND, service_port=80)


@pytest.mark.clause(misses=["CT-4a"])
def test_a_selection_whose_flow_came_meanwhile_stays(bench: Bench) -> None:
    bench.put(CHOICE, Selection(1, 2))
    read_then_put(bench, (TO_SECOND, SERVED))
    assert bench.collector.collect(NOW) == 0
    assert bench.state().conntrack == {CHOICE: Selection(1, 2), TO_SECOND: SERVED}


@pytest.mark.clause(misses=["CT-4a"])
def test_a_selection_made_anew_meanwhile_stays(bench: Bench) -> None:
    """It leads elsewhere now; what was read led to nothing, and still does."""
    bench.put(CHOICE, Selection(1, 1))
    read_then_put(bench, (TO_SECOND, SERVED), (CHOICE, Selection(1, 2)))
    assert bench.collector.collect(NOW) == 0
    assert bench.state().conntrack == {CHOICE: Selection(1, 2), TO_SECOND: SERVED}


@pytest.mark.clause(hits=["CT-4a"])
@pytest.mark.parametrize(
    "flow",
    [
        Flow(NOW + 5),
        Flow(NOW, load_balanced=True, service_address=FRONTEND, service_port=80),
        Flow(NOW + 5, load_balanced=True, service_address=FRONTEND, service_port=81),
    ],
    ids=["direct", "expired", "of another frontend"],
)
def test_a_flow_that_came_meanwhile_keeps_no_selection_that_is_not_its_own(
    bench: Bench, flow: Flow
) -> None:
    bench.put(CHOICE, Selection(1, 2))
    read_then_put(bench, (TO_SECOND, flow))
    assert bench.collector.collect(NOW) == 1
    assert bench.state().conntrack == {TO_SECOND: flow}


def test_only_what_looks_dead_is_looked_up_again(bench: Bench) -> None:
    """A sweep costs a few batches and two look-ups at most for what goes."""
    for port in range(100):
        bench.put(CHOICE._replace(endpoint_port=port), Selection(1, 2))
        bench.put(TO_SECOND._replace(endpoint_port=port), SERVED)
    lonely = CHOICE._replace(endpoint_port=1000)
    bench.put(lonely, Selection(1, 2))
    table, asked = bench.maps["conntrack_ipv4"], []
    look_up = table.lookup

    def lookup(key: bytes) -> bytes | None:
        asked.append(key)
        return look_up(key)

    table.lookup = lookup  # type: ignore[method-assign]  # counts
    assert bench.collector.collect(NOW) == 1
    keys = next(codec for family, codec in bench.codecs.of.items() if family == 4).flow_key
    assert asked == [
        keys.encode(lonely),
        keys.encode(lonely._replace(peer_address=TO_SECOND.peer_address, peer_port=8081)),
    ]
