"""Operations that make no sense are refused, in one line that says which and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.kernel.btf import Btf
from harness.subject import OperationError
from model.domain.address import Network, parse_address
from model.domain.configuration import Configuration, Timeouts
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
from model.domain.policy import CidrPeer, PolicyRule, PortRange, RuleVerdict
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service
from tests.datapath.fake_maps import SMALL_SIZES, fake_maps

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


def both_openers(protocol: int, other: Flow) -> list[Operation]:
    key = KEY._replace(protocol=protocol)
    return [PutEntry(key, Flow(9)), PutEntry(key._replace(opener=Opener.ENDPOINT), other)]


def test_two_open_flows_of_one_tuple_are_refused(btf: Btf, codecs: Codecs) -> None:
    control_plane = ControlPlane(fake_maps(btf, SMALL_SIZES), codecs)
    with pytest.raises(OperationError, match="same tuple from the other opener"):
        control_plane.apply(both_openers(6, Flow(9)))


@pytest.mark.parametrize(
    ("protocol", "other"),
    [
        (6, Flow(0)),
        (6, Flow(9, opener_closing=True)),
        (6, Flow(9, reply_closing=True)),
        (1, Flow(9)),
    ],
    ids=["expired", "closing", "closing on the other side", "echoes"],
)
def test_two_flows_of_one_tuple_are_taken_where_packets_can_make_them(
    btf: Btf, codecs: Codecs, protocol: int, other: Flow
) -> None:
    maps = fake_maps(btf, SMALL_SIZES)
    control_plane = ControlPlane(maps, codecs)
    control_plane.apply(both_openers(protocol, other))
    assert len(dict(maps["conntrack_ipv4"].items())) == 2


def test_a_flow_that_is_removed_again_is_in_nobodys_way(btf: Btf, codecs: Codecs) -> None:
    maps = fake_maps(btf, SMALL_SIZES)
    first, second = both_openers(6, Flow(9))
    assert isinstance(first, PutEntry)
    ControlPlane(maps, codecs).apply([first, RemoveEntry(first.key), second])
    assert len(dict(maps["conntrack_ipv4"].items())) == 1
