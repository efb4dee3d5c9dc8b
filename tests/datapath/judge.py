"""Policy judged straight from POL-1 to POL-3, one rule after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from model.domain.address import Address, Network
from model.domain.endpoint import WORLD_IDENTITY, Direction, Endpoint
from model.domain.policy import CidrPeer, IdentityPeer, PolicyRule, RuleVerdict
from tests.datapath.lookup import PolicyView


class Probe(NamedTuple):
    """A packet as policy sees it; for ICMP `port` is type and code, for others without ports 0."""

    endpoint: Endpoint
    direction: Direction
    peer: Address
    protocol: int
    port: int


def identity_of(peer: Address, identities: Mapping[Network, int]) -> int:
    """POL-3: that of the longest prefix that holds the address."""
    holding = [network for network in identities if network.contains(peer)]
    if not holding:
        return WORLD_IDENTITY
    return identities[max(holding, key=lambda network: network.length)]


def matches(rule: PolicyRule, probe: Probe, identity: int) -> bool:
    """POL-1, POL-3."""
    if rule.endpoint != probe.endpoint.identifier or rule.direction is not probe.direction:
        return False
    if rule.protocol is not None and rule.protocol != probe.protocol:
        return False
    if rule.ports is not None and not rule.ports.first <= probe.port <= rule.ports.last:
        return False
    if isinstance(rule.peer, IdentityPeer):
        return rule.peer.identity == identity
    if isinstance(rule.peer, CidrPeer):
        excepted = any(network.contains(probe.peer) for network in rule.peer.exceptions)
        return rule.peer.network.contains(probe.peer) and not excepted
    return True


def judge(
    probe: Probe, rules: Iterable[PolicyRule], identities: Mapping[Network, int]
) -> PolicyView:
    """POL-1, POL-1a, POL-2."""
    identity = identity_of(probe.peer, identities)
    matching = [rule for rule in rules if matches(rule, probe, identity)]
    if not matching:
        return PolicyView(identity, 0, probe.direction in probe.endpoint.isolated)
    priority = min(rule.priority for rule in matching)
    deciding = [rule for rule in matching if rule.priority == priority]
    denies = any(rule.verdict is RuleVerdict.DENY for rule in deciding)
    verdict = RuleVerdict.DENY if denies else RuleVerdict.ALLOW
    reported = min(rule.identifier for rule in deciding if rule.verdict is verdict)
    return PolicyView(identity, reported, denies)
