"""Policy: who may open a connection (POL).

The rules themselves are judged, every time, by comparing each with the packet. How the datapath
gets the same answer without looking at rules is its own affair (POL-7).
"""

from __future__ import annotations

from dataclasses import dataclass

from model.domain.address import Address
from model.domain.endpoint import HOST_IDENTITY, Direction, Endpoint
from model.domain.event import Hook
from model.domain.flow import FlowKey, Opener
from model.domain.policy import (
    HOST_RULE,
    NO_RULE,
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    RuleVerdict,
)
from model.domain.protocol import ICMP, ICMPV6
from model.trace import Trace
from model.world import World


@dataclass(frozen=True, slots=True)
class Connection:
    """What policy judges: a direction, a peer, a protocol and the port at the receiver.

    For ICMP the port is type * 256 + code, for protocols without ports 0.
    """

    direction: Direction
    peer: Address
    protocol: int
    port: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the rule that decided (or NO_RULE, HOST_RULE) and the peer's identity."""

    verdict: RuleVerdict
    rule: int
    peer_identity: int


def direction_of(hook: Hook) -> Direction:
    """Direction of a new flow's first packet."""
    return Direction.EGRESS if hook is Hook.FROM_CONTAINER else Direction.INGRESS


def connection_of_flow(key: FlowKey) -> Connection:
    """What policy judges about a flow, from its key: as its first packet was (POL-4, POL-5)."""
    if key.opener is Opener.ENDPOINT:
        direction, port = Direction.EGRESS, key.peer_port
    else:
        direction, port = Direction.INGRESS, key.endpoint_port
    if key.protocol == (ICMP if len(key.peer_address) == 4 else ICMPV6):
        port = key.peer_port
    return Connection(direction, key.peer_address, key.protocol, port)


def judge(world: World, endpoint: Endpoint, connection: Connection, trace: Trace) -> Judgement:
    """Whether an endpoint's policy allows a flow (POL-1, POL-2, POL-3, POL-6)."""
    identity = world.identity_of(connection.peer)
    trace.note("POL-3", "peer has identity", identity)
    if is_host_access(world, connection, identity):
        trace.note("POL-6", "the node reaches its pods")
        return Judgement(RuleVerdict.ALLOW, HOST_RULE, identity)
    rules = world.rules_of.get((endpoint.identifier, connection.direction), ())
    matching = [rule for rule in rules if matches(rule, connection, identity)]
    if matching:
        rule = min(matching, key=precedence)
        if sum(is_as_strong(one, rule) for one in matching) > 1:
            trace.note("POL-1a", "of several the one that is reported", rule.identifier)
        trace.note("POL-1", "rule decides", rule.identifier)
        return Judgement(rule.verdict, rule.identifier, identity)
    isolated = connection.direction in endpoint.isolated
    trace.note("POL-2", "no rule matches; isolated", isolated)
    return Judgement(RuleVerdict.DENY if isolated else RuleVerdict.ALLOW, NO_RULE, identity)


def is_host_access(world: World, connection: Connection, identity: int) -> bool:
    """Whether this is the node reaching one of its pods (POL-6)."""
    return (
        world.configuration.host_reaches_pods
        and connection.direction is Direction.INGRESS
        and identity == HOST_IDENTITY
    )


def precedence(rule: PolicyRule) -> tuple[int, RuleVerdict, int]:
    """Sort key: lowest priority number, deny before allow, lowest identifier (POL-1, POL-1a)."""
    return rule.priority, rule.verdict, rule.identifier


def is_as_strong(one: PolicyRule, other: PolicyRule) -> bool:
    """Whether two rules have the same priority and verdict (POL-1a)."""
    return one.priority == other.priority and one.verdict is other.verdict


def matches(rule: PolicyRule, connection: Connection, identity: int) -> bool:
    """Whether a rule of the right endpoint and direction speaks of this flow (POL-1)."""
    return (
        (rule.protocol is None or rule.protocol == connection.protocol)
        and (rule.ports is None or rule.ports.first <= connection.port <= rule.ports.last)
        and matches_peer(rule.peer, connection.peer, identity)
    )


def matches_peer(peer: Peer, address: Address, identity: int) -> bool:
    """Whether a rule's peer is this one (POL-3)."""
    match peer:
        case AnyPeer():
            return True
        case IdentityPeer(wanted):
            return wanted == identity
        case CidrPeer(network, exceptions):
            return network.contains(address) and not any(
                exception.contains(address) for exception in exceptions
            )
