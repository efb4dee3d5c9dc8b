"""Topologies: what a round's packets find when they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.fuzz.generate import pool
from harness.fuzz.generate.configuration import draw_configuration
from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm
from harness.fuzz.generate.rules import draw_identity, draw_rival, draw_rule
from harness.fuzz.generate.services import ServiceMaker
from harness.step import START_CLOCK
from model.domain.address import Family
from model.domain.configuration import SECOND, Configuration
from model.domain.endpoint import Direction, Endpoint
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    SetConfiguration,
)
from model.domain.policy import PolicyRule
from model.domain.protocol import TCP, UDP

FIRST_INTERFACE: Final = 10
MAXIMUM_ENTRIES: Final = 3


def draw_topology(dice: Dice, swarm: Swarm) -> tuple[Operation, ...]:
    """Operations that build one, in the order in which scenario files have them."""
    configuration = draw_configuration(dice, swarm)
    endpoints = [draw_endpoint(dice, swarm, number) for number in range(dice.pick((1, 2, 2, 3)))]
    operations: list[Operation] = []
    if configuration != Configuration():
        operations.append(SetConfiguration(configuration))
    operations += map(PutEndpoint, endpoints)
    if Feature.IDENTITIES in swarm:
        prefixes = (draw_identity(dice) for _ in range(dice.between(1, 4)))
        operations += (PutIdentity(one) for one in {one.network: one for one in prefixes}.values())
    if Feature.SERVICES in swarm:
        maker = ServiceMaker(dice, swarm)
        operations += (PutService(maker.make()) for _ in range(dice.between(1, 3)))
    if Feature.RULES in swarm:
        pods = [endpoint.identifier for endpoint in endpoints]
        count = dice.pick((2, 4, 4, 8))
        operations += map(PutRule, draw_rules(dice, swarm, pods, count))
    if Feature.ENTRIES in swarm:
        entries = draw_entries(dice, endpoints)
        operations += {tuple_of(one.key): one for one in entries}.values()
    return tuple(operations)


def draw_rules(dice: Dice, swarm: Swarm, pods: list[int], count: int) -> list[PolicyRule]:
    """So many rules, some of them rivals."""
    rules: list[PolicyRule] = []
    for identifier in range(1, count + 1):
        if rules and dice.chance(0.4):
            rules.append(draw_rival(dice, swarm, identifier, dice.pick(rules)))
        else:
            rules.append(draw_rule(dice, swarm, identifier, pods))
    return rules


def draw_endpoint(dice: Dice, swarm: Swarm, number: int) -> Endpoint:
    """A pod, at times with one family alone."""
    single = dice.chance(0.1)
    isolated = dice.some(tuple(Direction), 0.5) if Feature.ISOLATION in swarm else ()
    return Endpoint(
        number + 1,
        f"pod_{number + 1}",
        FIRST_INTERFACE + number,
        dice.pick(pool.IDENTITIES[2:]),
        None if single and Feature.IPV4 not in swarm else pool.PODS[Family.IPV4][number],
        None if single and Feature.IPV6 not in swarm else pool.PODS[Family.IPV6][number],
        frozenset(isolated),
    )


def draw_entries(dice: Dice, endpoints: list[Endpoint]) -> Iterator[PutEntry]:
    """Conntrack entries that no packet could have brought about, too (NAT-3)."""
    for _ in range(dice.between(1, MAXIMUM_ENTRIES)):
        endpoint, family = dice.pick(endpoints), dice.pick(tuple(Family))
        address = endpoint.address(family)
        if address is not None:
            peer = dice.pick(pool.everyone(family) + pool.VIRTUAL[family])
            ports = dice.pick(pool.CLIENT_PORTS), dice.pick(pool.SERVICE_PORTS)
            key = FlowKey(address, peer, *ports, dice.pick((TCP, UDP)), dice.pick(tuple(Opener)))
            yield PutEntry(key, draw_entry(dice, key))


def tuple_of(key: FlowKey) -> FlowKey:
    """A key without its opener: two open flows of one tuple cannot come about (CT-1b)."""
    return key._replace(opener=Opener.ENDPOINT)


def draw_entry(dice: Dice, key: FlowKey) -> Flow | Selection:
    """A flow, perhaps load-balanced and without its service, or a selection.

    Only who is behind the endpoint is a client of services.
    """
    client = key.opener is Opener.ENDPOINT
    if client and dice.chance(0.2):
        return Selection(dice.between(1, 3), dice.between(1, 6))
    flow = Flow(START_CLOCK + dice.pick((1, SECOND, 60 * SECOND, 60 * SECOND)))
    flow.policy_revision = dice.below(3)
    if key.protocol == TCP:
        flow.established, flow.opener_closing = dice.chance(0.5), dice.chance(0.3)
        flow.reply_closing, flow.picked_up = dice.chance(0.3), dice.chance(0.2)
    if client and dice.chance(0.6):
        flow.load_balanced, flow.service = True, dice.between(1, 3)
        if dice.chance(0.4):
            flow.service_address = dice.pick(pool.VIRTUAL[key.family])
            flow.service_port = dice.pick((0, *pool.SERVICE_PORTS))
    return flow
