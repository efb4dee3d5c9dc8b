"""Operations that make no sense are refused, in one line that says which and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.kernel.btf import Btf
from harness.subject import OperationError
from model.domain.address import Family, Network, parse_address
from model.domain.configuration import Configuration, Timeouts
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.flow import Entry, Flow, FlowKey, Opener, Selection
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
from model.domain.policy import CidrPeer, PolicyRule, PortRange, RuleVerdict
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service
from tests.datapath.fake_maps import SMALL_SIZES, fake_maps, snapshot

Put = Callable[..., int]

POD = Endpoint(1, "pod", 11, 100, parse_address("10.0.0.1"))
IPV4 = parse_address("10.1.0.1")
IPV6 = parse_address("fd00::1")
BACKEND = Backend(1, IPV4, 80)
FRONTEND = Frontend(FrontendKind.CLUSTER_IP, FrontendKey(IPV4, 80, 6))
SERVICE = Service(1, "s", (FRONTEND,), (BACKEND,), maglev_size=7)
RULE = PolicyRule(1, 1, Direction.EGRESS, 0, RuleVerdict.ALLOW)
KEY = FlowKey(IPV4, IPV4, 1, 2, 6, Opener.PEER)


def frontend(address: bytes = IPV4, port: int = 81, protocol: int = 6) -> tuple[Frontend, ...]:
    return (Frontend(FrontendKind.CLUSTER_IP, FrontendKey(address, port, protocol)),)


def own_key(protocol: int, address: bytes = IPV4) -> FlowKey:
    """Of a flow that the endpoint opened."""
    return FlowKey(address, address, 1, 2, protocol, Opener.ENDPOINT)


REFUSED: list[tuple[Operation, str]] = [
    (PutEndpoint(replace(POD, identifier=0)), "endpoint 0: identifier 0 is not from 1"),
    (PutEndpoint(replace(POD, identifier=2)), "endpoint 2: interface 11 is endpoint 1's"),
    (PutEndpoint(replace(POD, interface=0)), "endpoint 1: interface 0"),
    (PutEndpoint(replace(POD, identity=0)), "endpoint 1: identity 0"),
    (PutEndpoint(replace(POD, ipv4=IPV6)), "endpoint 1: IPv4 address has 16 bytes"),
    (PutEndpoint(replace(POD, ipv6=IPV4)), "endpoint 1: IPv6 address has 4 bytes"),
    (RemoveEndpoint(7), "endpoint 7 cannot be removed"),
    (PutIdentity(IdentityPrefix(Network(IPV4, 16), 5)), "has host bits set"),
    (PutIdentity(IdentityPrefix(Network(IPV4, 33), 5)), "prefix length"),
    (PutIdentity(IdentityPrefix(Network(IPV4, 32), 0)), "identity 0"),
    (RemoveIdentity(Network(IPV4, 32)), "identity of 10.1.0.1/32 cannot be removed"),
    (RemoveService(7), "service 7 cannot be removed"),
    (PutService(replace(SERVICE, identifier=0)), "service 0: identifier 0"),
    (PutService(replace(SERVICE, maglev_size=16380)), "Maglev size 16380 is no prime"),
    (PutService(replace(SERVICE, affinity_timeout=0)), "affinity timeout 0"),
    (PutService(replace(SERVICE, frontends=(FRONTEND, FRONTEND))), "10.1.0.1 80 6 is there more"),
    (PutService(replace(SERVICE, frontends=frontend(port=0))), "frontend port 0"),
    (PutService(replace(SERVICE, frontends=frontend(protocol=1))), "protocol 1 is not TCP"),
    (PutService(replace(SERVICE, frontends=frontend(address=b"123"))), "4 or 16 bytes, not 3"),
    (
        PutService(replace(SERVICE, frontends=frontend(address=Configuration().loopback_ipv4))),
        "service 1: a frontend has the loopback address 169.254.42.1",
    ),
    (
        PutService(replace(SERVICE, frontends=frontend(address=bytes(16)))),
        "service 1: a frontend has the address ::, which stands for none",
    ),
    (PutService(replace(SERVICE, backends=(BACKEND, BACKEND))), "backend 1 is there more"),
    (
        PutService(replace(SERVICE, backends=(BACKEND, replace(BACKEND, identifier=5)))),
        "backend 10.1.0.1 80 is there more",
    ),
    (PutService(replace(SERVICE, backends=(replace(BACKEND, port=0),))), "backend 1: port 0"),
    (PutService(replace(SERVICE, backends=(replace(BACKEND, port=81),))), "another identifier"),
    (PutService(replace(SERVICE, backends=(Backend(9, IPV4, 80),))), "used before"),
    (PutService(Service(2, "s", (FRONTEND,), ())), "10.1.0.1 port 80 protocol 6 is service 1's"),
    (PutService(Service(2, "s", (), (BACKEND,))), "backend 1 is service 1's"),
    (RemoveRule(7), "rule 7 cannot be removed"),
    (PutRule(replace(RULE, identifier=0)), "rule 0: identifier 0"),
    (PutRule(replace(RULE, identifier=0x3FFFFFFF)), "identifier 1073741823 is not from 1"),
    (PutRule(replace(RULE, endpoint=7)), "rule 1: endpoint 7 is unknown"),
    (PutRule(replace(RULE, protocol=256)), "protocol 256"),
    (PutRule(replace(RULE, ports=PortRange(1, 2))), "rule 1: ports need"),
    (PutRule(replace(RULE, ports=PortRange(1, 2), protocol=47)), "rule 1: ports need"),
    (PutRule(replace(RULE, ports=PortRange(2, 1), protocol=6)), "last port 1 is not from 2"),
    (PutRule(replace(RULE, ports=PortRange(2, 65536), protocol=6)), "last port 65536"),
    (PutRule(replace(RULE, peer=CidrPeer(Network(IPV4, 31)))), "has host bits set"),
    (
        PutRule(replace(RULE, peer=CidrPeer(Network(IPV4, 32), (Network(IPV6, 128),)))),
        "fd00::1/128 is not of the family of 10.1.0.1/32",
    ),
    (SetConfiguration(Configuration(loopback_ipv4=IPV6)), "loopback_ipv4 has 16 bytes"),
    (
        SetConfiguration(Configuration(loopback_ipv4=IPV4)),
        "service 1: a frontend has the loopback address 10.1.0.1",
    ),
    (SetConfiguration(Configuration(timeouts=Timeouts(other=-1))), "timeout other -1"),
    (PutEntry(KEY._replace(peer_address=IPV6), Flow(1)), "peer address has 16 bytes"),
    (PutEntry(KEY._replace(peer_port=70000), Flow(1)), "peer port 70000"),
    (PutEntry(KEY, Flow(-1)), "expires -1"),
    (PutEntry(KEY, Flow(1, service=3)), "load_balanced has to be set"),
    (PutEntry(KEY, Flow(1, load_balanced=True, service_address=IPV6)), "service address has 16"),
    (PutEntry(KEY, Flow(1, load_balanced=True, service_address=bytes(4))), "empty bytes"),
    (PutEntry(KEY, Selection(1, -1)), "backend -1"),
    (PutEntry(KEY, Selection(1, 1)), "a selection is opened by the endpoint"),
    (PutEntry(KEY, Flow(1, load_balanced=True)), "load-balanced flow of the peer's is a hairpin"),
    (PutEntry(own_key(47), Flow(1, load_balanced=True)), "no frontend has protocol 47"),
    (PutEntry(own_key(1), Flow(1, load_balanced=True)), "no frontend has protocol 1,"),
    (PutEntry(own_key(58, IPV6), Flow(1, load_balanced=True)), "no frontend has protocol 58"),
    (PutEntry(own_key(47), Selection(1, 1)), "no frontend has protocol 47"),
    (
        PutEntry(KEY._replace(protocol=0), Flow(1, load_balanced=True, hairpin=True)),
        "no frontend has protocol 0",
    ),
    (PutEntry(KEY, Flow(1, hairpin=True)), "a hairpin is load-balanced and opened by the peer"),
    (
        PutEntry(KEY._replace(opener=Opener.ENDPOINT), Flow(1, load_balanced=True, hairpin=True)),
        "a hairpin is load-balanced and opened by the peer",
    ),
]


@pytest.mark.parametrize(("operation", "complaint"), REFUSED, ids=lambda item: str(item)[:40])
def test_refused(btf: Btf, codecs: Codecs, operation: Operation, complaint: str) -> None:
    control_plane = ControlPlane(fake_maps(btf, SMALL_SIZES), codecs)
    gone = Backend(9, parse_address("10.9.9.9"), 80)
    control_plane.apply([PutService(replace(SERVICE, backends=(BACKEND, gone)))])
    control_plane.apply([PutEndpoint(POD), PutService(SERVICE)])
    with pytest.raises(OperationError) as raised:
        control_plane.apply([operation])
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)


NOW = 5
OPEN = Flow(9)
CLOSING = Flow(9, opener_closing=True)
CLOSING_BACK = Flow(9, reply_closing=True)
EXPIRED = Flow(NOW)
SELECTION = Selection(1, 1)


@pytest.fixture(params=[True, False], ids=["together", "one after the other"])
def put(request: pytest.FixtureRequest, btf: Btf, codecs: Codecs) -> Put:
    """What puts entries at NOW, in one transaction or in one each, and says how many are there."""

    def put(*operations: Operation) -> int:
        maps = fake_maps(btf, SMALL_SIZES)
        control_plane = ControlPlane(maps, codecs)
        control_plane.clock = NOW
        transactions = [operations] if request.param else [[one] for one in operations]
        for transaction in transactions:
            control_plane.apply(transaction)
        return sum(len(maps[f"conntrack_ipv{family:d}"].items()) for family in Family)

    return put


def pair(first: Entry, second: Entry, key: FlowKey = KEY) -> tuple[Operation, Operation]:
    """Entries of one tuple, the first one from the peer."""
    return PutEntry(key, first), PutEntry(key._replace(opener=Opener.ENDPOINT), second)


REFUSED_PAIRS = [
    (pair(OPEN, OPEN), "an open flow of the same tuple"),
    (pair(OPEN, OPEN)[::-1], "an open flow of the same tuple"),
    (pair(OPEN, OPEN, KEY._replace(protocol=47)), "an open flow of the same tuple"),
    (pair(OPEN, OPEN, KEY._replace(protocol=58)), "an open flow of the same tuple"),
    (pair(OPEN, SELECTION), "of the same tuple from the other opener"),
    (pair(OPEN, SELECTION)[::-1], "of the same tuple from the other opener"),
]


@pytest.mark.parametrize(("operations", "complaint"), REFUSED_PAIRS)
def test_of_one_tuple_nothing_stands_beside_an_open_flow(
    put: Put, operations: tuple[Operation, ...], complaint: str
) -> None:
    with pytest.raises(OperationError) as raised:
        put(*operations)
    assert complaint in str(raised.value)
    assert "close or remove one of them (CT-1b)" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "operations",
    [
        pair(OPEN, EXPIRED),
        pair(EXPIRED, OPEN),
        pair(OPEN, CLOSING),
        pair(OPEN, CLOSING_BACK),
        pair(CLOSING, OPEN),
        pair(CLOSING, CLOSING),
        pair(CLOSING, SELECTION),
        pair(EXPIRED, SELECTION),
        pair(OPEN, OPEN, KEY._replace(protocol=1)),
        pair(OPEN, OPEN, KEY._replace(endpoint_address=IPV6, peer_address=IPV6, protocol=58)),
        (PutEntry(KEY, OPEN), PutEntry(own_key(6)._replace(peer_port=3), OPEN)),
    ],
)
def test_what_packets_can_make_is_taken(put: Put, operations: tuple[Operation, ...]) -> None:
    """In either order."""
    assert put(*operations) == 2
    assert put(*operations[::-1]) == 2


def test_a_flow_that_is_removed_or_replaced_is_in_nobodys_way(put: Put) -> None:
    first, second = pair(OPEN, OPEN)
    assert put(first, RemoveEntry(KEY), second) == 1
    assert put(first, PutEntry(KEY, CLOSING), second) == 2


@pytest.mark.parametrize("change", [RemoveEntry(KEY), PutEntry(KEY, CLOSING)])
def test_a_transaction_makes_room_for_its_own_entries(
    btf: Btf, codecs: Codecs, change: Operation
) -> None:
    """Whatever the order: what is there afterwards counts."""
    maps = fake_maps(btf, SMALL_SIZES)
    control_plane = ControlPlane(maps, codecs)
    first, second = pair(OPEN, OPEN)
    control_plane.apply([first])
    control_plane.apply([second, change])
    assert len(maps["conntrack_ipv4"].items()) == (1 if isinstance(change, RemoveEntry) else 2)


def test_a_refused_entry_takes_its_transaction_along(btf: Btf, codecs: Codecs) -> None:
    maps = fake_maps(btf, SMALL_SIZES)
    control_plane = ControlPlane(maps, codecs)
    first, second = pair(OPEN, OPEN)
    control_plane.apply([first])
    before = snapshot(maps)
    with pytest.raises(OperationError, match="is there already"):
        control_plane.apply([PutEndpoint(POD), PutEntry(own_key(17), OPEN), second])
    assert snapshot(maps) == before


def test_bytes_that_mean_nothing_are_in_nobodys_way(btf: Btf, codecs: Codecs) -> None:
    """They are damage, which the comparison of states reports."""
    maps = fake_maps(btf, SMALL_SIZES)
    control_plane = ControlPlane(maps, codecs)
    first, second = pair(OPEN, OPEN)
    table = maps["conntrack_ipv4"]
    control_plane.apply([first])
    ((key, value),) = table.items()
    table.update(key, b"\xff" * len(value))
    control_plane.apply([second])
    assert len(table.items()) == 2


def with_backend(identifier: int) -> PutService:
    """The service with one backend, of an identifier."""
    return PutService(replace(SERVICE, backends=(replace(BACKEND, identifier=identifier),)))


def test_a_backend_that_a_selection_names_before_it_is_there_needs_another_identifier(
    btf: Btf, codecs: Codecs
) -> None:
    """The selection was made for one that is gone (LB-6a)."""
    control_plane = ControlPlane(fake_maps(btf, SMALL_SIZES), codecs)
    control_plane.apply([PutEntry(own_key(17), Selection(1, 7))])
    with pytest.raises(OperationError, match="backend identifier 7 was used before"):
        control_plane.apply([with_backend(7)])
    control_plane.apply([PutEntry(own_key(17), Selection(1, 8)), with_backend(8)])
    control_plane.apply([with_backend(9)])
    with pytest.raises(OperationError, match="backend identifier 8 was used before"):
        control_plane.apply([with_backend(8)])
