"""Who may open a connection (POL-1, POL-1a, POL-2, POL-3, POL-4, POL-6)."""

from __future__ import annotations

from itertools import permutations

import pytest

from model.domain.endpoint import HOST_IDENTITY, WORLD_IDENTITY, Direction
from model.domain.operation import Operation, PutEndpoint, PutRule
from model.domain.policy import HOST_RULE, NO_RULE, Peer, PolicyRule, RuleVerdict
from model.domain.protocol import SCTP, TCP, UDP
from model.domain.reason import Reason
from tests.model.builder import End, Network, both_families, connection, icmp, raw
from tests.model.node import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    POD,
    POD_IDENTITY,
    Node,
    backend,
    cidr,
    configure,
    frontend,
    identify,
    identity,
    pod,
    rule,
    service,
)

both_directions = pytest.mark.parametrize("direction", [EGRESS, INGRESS])
Decided = tuple[RuleVerdict, int]


def full(net: Network, address: str) -> str:
    return f"{address}/{32 if net.family == 4 else 128}"


def everything(net: Network) -> str:
    return "0.0.0.0/0" if net.family == 4 else "::/0"


def decide(
    net: Network,
    node: Node,
    direction: Direction,
    *,
    far: str = "",
    port: int = 80,
    kind: int = TCP,
) -> Decided:
    """Verdict and rule for a new flow with a peer; `port` is the receiver's. Nothing happens."""
    if direction is EGRESS:
        seen = connection(net, far or net.peer, port, 40000, kind)
        handled = node.send(seen.out("S"), commit=False)
    else:
        seen = connection(net, far or net.peer, 40000, port, kind)
        handled = node.receive(seen.back("S"), commit=False)
    (event,) = handled.policy_events
    assert (handled.reason is Reason.NEW) == (event.verdict is ALLOW)
    assert handled.reason in {Reason.NEW, Reason.POLICY_DENIED}
    return event.verdict, event.rule


@both_families
@both_directions
@pytest.mark.parametrize("isolated", [[], [EGRESS], [INGRESS], [EGRESS, INGRESS]])
def test_without_a_rule_isolation_decides(
    net: Network, direction: Direction, isolated: list[Direction]
) -> None:
    wanted = DENY if direction in isolated else ALLOW
    assert decide(net, Node(isolated=isolated), direction) == (wanted, NO_RULE)


@both_families
@both_directions
@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("verdict", [ALLOW, DENY])
def test_a_rule_decides_whether_isolated_or_not(
    net: Network, direction: Direction, isolated: bool, verdict: RuleVerdict
) -> None:
    node = Node(rule(5, verdict, direction), isolated=[direction] if isolated else [])
    assert decide(net, node, direction) == (verdict, 5)


@both_families
def test_a_rule_holds_for_its_own_direction_alone(net: Network) -> None:
    node = Node(rule(5, DENY, EGRESS))
    assert decide(net, node, EGRESS) == (DENY, 5)
    assert decide(net, node, INGRESS) == (ALLOW, NO_RULE)


@both_families
def test_a_rule_holds_for_its_own_endpoint_alone(net: Network) -> None:
    other = pod(identifier=POD + 1, interface=20)
    node = Node(PutEndpoint(other), PutRule(PolicyRule(5, POD + 1, EGRESS, 10, DENY)))
    assert decide(net, node, EGRESS) == (ALLOW, NO_RULE)


PRECEDENCE = [
    ([(1, 10, ALLOW), (2, 20, DENY)], (ALLOW, 1)),
    ([(1, 20, ALLOW), (2, 10, DENY)], (DENY, 2)),
    ([(1, 10, ALLOW), (2, 10, DENY)], (DENY, 2)),
    ([(2, 10, ALLOW), (1, 10, DENY)], (DENY, 1)),
    ([(7, 10, ALLOW), (3, 10, ALLOW), (5, 10, ALLOW)], (ALLOW, 3)),
    ([(7, 10, DENY), (3, 10, ALLOW), (5, 10, DENY)], (DENY, 5)),
    ([(1, 30, DENY), (9, 10, ALLOW), (8, 20, DENY)], (ALLOW, 9)),
    ([(1, 0, DENY), (2, 1, ALLOW)], (DENY, 1)),
]


@both_families
@both_directions
@pytest.mark.parametrize(("rules", "wanted"), PRECEDENCE)
def test_lowest_priority_decides_then_deny_then_the_lowest_identifier_is_reported(
    net: Network,
    direction: Direction,
    rules: list[tuple[int, int, RuleVerdict]],
    wanted: Decided,
) -> None:
    """In whatever order the rules come."""
    for order in permutations(rules):
        puts = [
            rule(number, verdict, direction, priority=priority)
            for number, priority, verdict in order
        ]
        assert decide(net, Node(*puts), direction) == wanted


@both_families
@both_directions
def test_a_rule_that_does_not_match_does_not_decide_by_its_priority(
    net: Network, direction: Direction
) -> None:
    node = Node(
        rule(1, DENY, direction, protocol=UDP, priority=1),
        rule(2, DENY, direction, protocol=TCP, ports=(81, 90), priority=2),
        rule(3, DENY, direction, peer=cidr(full(net, net.stranger)), priority=3),
        rule(4, DENY, direction, peer=identity(4711), priority=4),
        rule(5, ALLOW, direction, priority=5),
        isolated=[direction],
    )
    assert decide(net, node, direction) == (ALLOW, 5)


@both_families
@both_directions
@pytest.mark.parametrize("kind", [TCP, UDP, SCTP])
@pytest.mark.parametrize(("port", "allowed"), [(79, False), (80, True), (90, True), (91, False)])
def test_a_port_range_includes_both_ends(
    net: Network, direction: Direction, kind: int, port: int, allowed: bool
) -> None:
    """The port is the receiver's, whichever way the connection goes."""
    node = Node(rule(1, ALLOW, direction, protocol=kind, ports=(80, 90)), isolated=[direction])
    wanted = (ALLOW, 1) if allowed else (DENY, NO_RULE)
    assert decide(net, node, direction, port=port, kind=kind) == wanted


@both_families
@both_directions
def test_any_protocol_and_any_port(net: Network, direction: Direction) -> None:
    node = Node(rule(1, ALLOW, direction), isolated=[direction])
    for kind in (TCP, UDP, SCTP):
        for port in (1, 65535):
            assert decide(net, node, direction, port=port, kind=kind) == (ALLOW, 1)
    packet = raw(net, b"", 47)
    if direction is EGRESS:
        assert node.send(packet).reason is Reason.NEW
        assert node.send(icmp(net.pod, net.peer, 13)).reason is Reason.NEW


@both_families
def test_protocols_without_ports_can_be_named(net: Network) -> None:
    node = Node(rule(1, ALLOW, EGRESS, protocol=47), isolated=[EGRESS])
    assert node.send(raw(net, b"", 47)).reason is Reason.NEW
    assert node.send(raw(net, b"", 50)).reason is Reason.POLICY_DENIED


@both_families
def test_the_icmp_of_the_other_family_has_no_type_to_be_named(net: Network) -> None:
    """PKT-4: it is tracked without ports; a rule for one of its types does not match."""
    other = 58 if net.family == 4 else 1
    echo = 128 << 8 if net.family == 4 else 8 << 8
    packet = raw(net, bytes([echo >> 8, 0]) + bytes(6), other)
    by_type = rule(1, ALLOW, EGRESS, protocol=other, ports=(echo, echo))
    assert Node(by_type, isolated=[EGRESS]).send(packet).reason is Reason.POLICY_DENIED
    by_protocol = rule(1, ALLOW, EGRESS, protocol=other)
    assert Node(by_protocol, isolated=[EGRESS]).send(packet).reason is Reason.NEW


def peer_cases(net: Network) -> list[tuple[Peer, bool]]:
    """Peers as rules name them, and whether they are the peer."""
    wide, narrow = net.pods, full(net, net.peer)
    return [
        (cidr(everything(net)), True),
        (cidr(wide), True),
        (cidr(narrow), True),
        (cidr(full(net, net.stranger)), False),
        (cidr(wide, narrow), False),
        (cidr(wide, full(net, net.backends[0])), True),
        (cidr(everything(net), full(net, net.stranger), wide), False),
        (cidr("::/0" if net.family == 4 else "0.0.0.0/0"), False),
        (identity(200), True),
        (identity(201), False),
        (identity(WORLD_IDENTITY), False),
    ]


@both_families
@both_directions
@pytest.mark.parametrize("case", range(11))
def test_a_rules_peer_is_an_identity_a_cidr_with_exceptions_or_any(
    net: Network, direction: Direction, case: int
) -> None:
    peer, matches = peer_cases(net)[case]
    node = Node(identify(full(net, net.peer), 200), rule(1, ALLOW, direction, peer=peer))
    node.apply(PutEndpoint(pod([direction])))
    wanted = (ALLOW, 1) if matches else (DENY, NO_RULE)
    assert decide(net, node, direction) == wanted


@both_families
def test_the_longest_prefix_gives_a_peer_its_identity(net: Network) -> None:
    node = Node(
        identify(everything(net), 300),
        identify(full(net, net.peer), 302),
        identify(net.pods, 301),
    )

    def peer_identity(far: str) -> int:
        handled = node.send(connection(net, far).out("S"), commit=False)
        return handled.policy_events[0].peer_identity

    assert peer_identity(net.peer) == 302
    assert peer_identity(net.backends[0]) == 301
    assert peer_identity(net.stranger) == 300


@both_families
def test_who_has_no_identity_is_the_world(net: Network) -> None:
    node = Node(identify(full(net, net.peer), 200))
    handled = node.send(connection(net, net.stranger).out("S"))
    assert handled.policy_events[0].peer_identity == WORLD_IDENTITY


@both_families
def test_rules_for_the_world_do_not_hold_for_those_with_an_identity(net: Network) -> None:
    allow = rule(1, ALLOW, EGRESS, peer=identity(WORLD_IDENTITY))
    node = Node(allow, identify(full(net, net.peer), 200), isolated=[EGRESS])
    assert decide(net, node, EGRESS, far=net.stranger) == (ALLOW, 1)
    assert decide(net, node, EGRESS, far=net.peer) == (DENY, NO_RULE)


@both_families
def test_a_cidr_rule_holds_for_addresses_with_an_identity_too(net: Network) -> None:
    node = Node(identify(full(net, net.peer), 200), rule(1, ALLOW, EGRESS, peer=cidr(net.pods)))
    node.apply(PutEndpoint(pod([EGRESS])))
    assert decide(net, node, EGRESS) == (ALLOW, 1)


@both_families
def test_connections_to_a_service_are_judged_by_the_backend(net: Network) -> None:
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    seen = connection(net, net.service)
    to_service = rule(1, ALLOW, EGRESS, peer=cidr(full(net, net.service)))
    to_port = rule(1, ALLOW, EGRESS, protocol=TCP, ports=(80, 80))
    to_backend = rule(
        1,
        ALLOW,
        EGRESS,
        peer=cidr(full(net, net.backends[0])),
        protocol=TCP,
        ports=(8080, 8080),
    )
    cases = [
        (to_service, Reason.POLICY_DENIED),
        (to_port, Reason.POLICY_DENIED),
        (to_backend, Reason.NEW),
    ]
    for allow, wanted in cases:
        assert Node(put, allow, isolated=[EGRESS]).send(seen.out("S")).reason is wanted


@both_families
def test_a_denied_connection_to_a_service_leaves_nothing_behind(net: Network) -> None:
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    node = Node(put, isolated=[EGRESS])
    handled = node.send(connection(net, net.service).out("S"))
    assert handled.reason is Reason.POLICY_DENIED
    assert handled.data == connection(net, net.service).out("S")
    assert handled.selection_events == []
    assert node.table == {}


@both_families
def test_replies_are_not_judged(net: Network) -> None:
    node, seen = Node(rule(1, DENY, INGRESS)), connection(net, net.peer)
    handled = node.run(seen, [">S", "<SA", ">A", "<PA"])
    assert [len(one.policy_events) for one in handled] == [1, 0, 0, 0]
    assert Reason.POLICY_DENIED not in {one.reason for one in handled}


@both_families
def test_the_verdict_reports_both_identities_and_the_tuple_as_judged(net: Network) -> None:
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    node = Node(put, identify(full(net, net.backends[0]), 200), rule(9, DENY, EGRESS))
    seen = connection(net, net.service)
    (event,) = node.send(seen.out("S")).policy_events
    assert (event.endpoint, event.local_identity, event.peer_identity) == (POD, POD_IDENTITY, 200)
    assert (event.rule, event.verdict, event.time) == (9, DENY, node.now)
    judged = event.packet
    assert (judged.source_port, judged.destination_port) == (40000, 8080)
    assert judged.destination != judged.source
    (drop,) = node.send(seen.out("S")).drop_events
    assert drop.packet.destination_port == 80


def host_node(net: Network, *operations: Operation) -> Node:
    node_is_host = identify(full(net, net.node), HOST_IDENTITY)
    return Node(node_is_host, *operations, isolated=[EGRESS, INGRESS])


@both_families
def test_the_node_may_always_reach_its_pods(net: Network) -> None:
    node = host_node(net, rule(1, DENY, INGRESS, priority=0))
    assert decide(net, node, INGRESS, far=net.node) == (ALLOW, HOST_RULE)
    assert decide(net, node, INGRESS, far=net.peer) == (DENY, 1)


@both_families
def test_a_pod_may_not_always_reach_its_node(net: Network) -> None:
    assert decide(net, host_node(net), EGRESS, far=net.node) == (DENY, NO_RULE)


@both_families
def test_the_nodes_access_can_be_switched_off(net: Network) -> None:
    node = host_node(net, configure(host_reaches_pods=False))
    assert decide(net, node, INGRESS, far=net.node) == (DENY, NO_RULE)
    node = host_node(
        net, configure(host_reaches_pods=False), rule(1, ALLOW, INGRESS, peer=identity(1))
    )
    assert decide(net, node, INGRESS, far=net.node) == (ALLOW, 1)
