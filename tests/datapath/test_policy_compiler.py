"""The compiled policy decides as the rules do, whatever way the rules came to be there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.kernel.btf import Btf
from model.domain.address import Network, parse_address
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutIdentity,
    PutRule,
    RemoveEndpoint,
    RemoveIdentity,
)
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from tests.datapath.fake_maps import fake_maps
from tests.datapath.judge import Probe, judge
from tests.datapath.lookup import Lookup, PolicyView
from tests.datapath.policy_world import SMALL, World, check, compiled


@pytest.mark.clause(hits=["POL-1", "POL-3", "POL-7"])
@pytest.mark.parametrize("seed", range(30))
def test_random_rule_sets(btf: Btf, codecs: Codecs, seed: int) -> None:
    """300 rule sets in all; each is reached by changing the one before it."""
    world = World(seed, btf, codecs)
    for _ in range(10):
        world.transaction()
        check(world, 60)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_left_when_everything_is_removed(btf: Btf, codecs: Codecs, seed: int) -> None:
    world = World(seed, btf, codecs)
    empty = fake_maps(btf, SMALL)
    ControlPlane(empty, codecs)
    for _ in range(20):
        world.transaction()
    removals: list[Operation] = [RemoveEndpoint(number) for number in sorted(world.endpoints)]
    removals += [RemoveIdentity(network) for network in sorted(world.identities)]
    world.control_plane.apply(removals)
    for name in ("policies", "endpoints", "addresses_ipv4", "addresses_ipv6"):
        assert not world.control_plane.tables.items(name)
    for name in ("prefixes_ipv4", "prefixes_ipv6"):
        assert world.control_plane.tables.items(name) == empty[name].elements


def views_between_writes(
    world: World, probes: list[Probe], operations: list[Operation]
) -> list[list[PolicyView | None]]:
    seen: list[list[PolicyView | None]] = []
    world.faults.watch = lambda: seen.append([compiled(world, probe) for probe in probes])
    world.control_plane.apply(operations)
    world.faults.watch = None
    assert seen
    return seen


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("operation", [World.rule_operation, World.identity_operation])
def test_a_packet_between_two_writes_sees_old_or_new(
    btf: Btf, codecs: Codecs, seed: int, operation: Callable[[World], Operation]
) -> None:
    """For any number of rules, or of identities, in one transaction; not for both at once."""
    world = World(seed, btf, codecs)
    while not world.rules:
        world.transaction()
    for _ in range(10):
        probes = list(world.probes(20))
        before = [judge(probe, world.rules.values(), world.identities) for probe in probes]
        operations = [operation(world) for _ in range(4)]
        after = [judge(probe, world.rules.values(), world.identities) for probe in probes]
        for views in views_between_writes(world, probes, operations):
            assert all(view in pair for view, *pair in zip(views, before, after, strict=True))


def test_an_address_hides_no_prefix(btf: Btf, codecs: Codecs) -> None:
    """POL-3: the exact address has an identity, and CIDR rules around it still hold."""
    maps = fake_maps(btf, SMALL)
    control_plane, lookup = ControlPlane(maps, codecs), Lookup(maps, codecs)
    peer = parse_address("10.1.2.3")
    around = CidrPeer(Network.parse("10.0.0.0/8"))
    rule = PolicyRule(7, 1, Direction.EGRESS, 0, RuleVerdict.DENY, around, 6, PortRange(80, 80))
    control_plane.apply(
        [
            PutEndpoint(Endpoint(1, "pod", 11, 100, bytes(4))),
            PutIdentity(IdentityPrefix(Network(peer, 32), 101)),
            PutRule(rule),
        ]
    )
    assert lookup.policy(11, Direction.EGRESS, peer, "TCP", 80) == (101, 7, True)
    assert lookup.policy(11, Direction.EGRESS, peer, "TCP", 81) == (101, 0, False)


def test_equal_pages_are_shared(btf: Btf, codecs: Codecs) -> None:
    """The same rule for many protocols' ports needs its two pages once (POL-7)."""
    maps = fake_maps(btf, SMALL)
    control_plane = ControlPlane(maps, codecs)
    rule = PolicyRule(
        7, 1, Direction.INGRESS, 0, RuleVerdict.ALLOW, AnyPeer(), 6, PortRange(80, 80)
    )
    endpoint = PutEndpoint(Endpoint(1, "pod", 11, 100, bytes(4)))
    control_plane.apply([endpoint, PutRule(rule)])
    by_identity = PolicyRule(
        8, 1, Direction.EGRESS, 0, RuleVerdict.ALLOW, IdentityPeer(101), None, None
    )
    assert control_plane.policy.pages.used() == 3
    control_plane.apply([PutRule(by_identity)])
    assert control_plane.policy.pages.used() == 3
