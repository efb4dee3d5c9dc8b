"""Policy rules and identities (POL-1, POL-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.fuzz.generate import pool
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm
from model.domain.address import Family, Network
from model.domain.endpoint import Direction, IdentityPrefix
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP, icmp_port

PRIORITIES: Final = (0, 1, 100, 100, 100, 1000)
ICMP_PORTS: Final = {
    ICMP: (icmp_port(8, 0), icmp_port(0, 0), icmp_port(3, 1), icmp_port(3, 255)),
    ICMPV6: (icmp_port(128, 0), icmp_port(129, 0), icmp_port(1, 4), icmp_port(4, 255)),
}
OPPOSED: Final = 0.8
"""Share of rivals that say the opposite."""

EDGES: Final = (0, 53, 79, 80, 255, 256, 443, 8079, 8080, 40000, 65535)


def draw_rule(dice: Dice, swarm: Swarm, identifier: int, endpoints: list[int]) -> PolicyRule:
    """A rule of one of some endpoints."""
    protocol, ports = draw_service(dice)
    return PolicyRule(
        identifier,
        dice.pick(endpoints),
        dice.pick(tuple(Direction)),
        dice.pick(PRIORITIES),
        dice.pick(tuple(RuleVerdict)),
        draw_peer(dice, swarm),
        protocol,
        ports,
    )


def draw_rival(dice: Dice, swarm: Swarm, identifier: int, rule: PolicyRule) -> PolicyRule:
    """A rule about the same traffic that says something else, mostly with the same priority."""
    verdict = RuleVerdict(1 - rule.verdict) if dice.chance(OPPOSED) else rule.verdict
    rival = replace(rule, identifier=identifier, verdict=verdict)
    if dice.chance(0.2):
        rival = replace(rival, priority=dice.pick(PRIORITIES))
    if dice.chance(0.2):
        rival = replace(rival, peer=draw_peer(dice, swarm))
    return replace(rival, protocol=None, ports=None) if dice.chance(0.2) else rival


def draw_service(dice: Dice) -> tuple[int | None, PortRange | None]:
    """Protocol and ports of a rule; None stands for all."""
    protocol = dice.pick((None, TCP, TCP, UDP, UDP, SCTP, ICMP, ICMPV6, 47, 0))
    if protocol is None or protocol in (47, 0) or dice.chance(0.3):
        return protocol, None
    known = ICMP_PORTS.get(protocol, EDGES)
    first, last = sorted((dice.pick(known), dice.pick(known)))
    return protocol, PortRange(first, last if dice.chance(0.6) else first)


def draw_peer(dice: Dice, swarm: Swarm) -> Peer:
    """The peer of a rule."""
    kind = dice.below(3)
    if kind == 0 and Feature.IDENTITIES in swarm:
        return IdentityPeer(dice.pick(pool.IDENTITIES))
    if kind == 1:
        return draw_cidr(dice)
    return AnyPeer()


def draw_cidr(dice: Dice) -> CidrPeer:
    """A CIDR around a known address, perhaps with longer prefixes taken out."""
    network = draw_network(dice)
    family = network.family
    lengths = [length for length in pool.PREFIX_LENGTHS[family] if length > network.length]
    inside = [address for address in pool.everyone(family) if network.contains(address)]
    count = dice.pick((0, 0, 1, 2)) if lengths and inside else 0
    exceptions = (pool.prefix(dice.pick(inside), dice.pick(lengths)) for _ in range(count))
    return CidrPeer(network, tuple(exceptions))


def draw_network(dice: Dice) -> Network:
    """A prefix that holds an address of the pool."""
    family = dice.pick(tuple(Family))
    address = dice.pick(pool.everyone(family))
    return pool.prefix(address, dice.pick(pool.PREFIX_LENGTHS[family]))


def draw_identity(dice: Dice) -> IdentityPrefix:
    """An identity for a prefix."""
    return IdentityPrefix(draw_network(dice), dice.pick(pool.IDENTITIES))
