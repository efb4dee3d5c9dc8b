"""Flows that are there when policy changes (POL-5, POL-5a)."""

from __future__ import annotations

import pytest

from model.domain.address import Network as Prefix
from model.domain.endpoint import HOST_IDENTITY
from model.domain.flow import Opener
from model.domain.operation import (
    Operation,
    PutEndpoint,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
)
from model.domain.packet import Verdict
from model.domain.protocol import TCP, UDP
from model.domain.reason import Reason
from model.trace import Trace
from model.world import World
from tests.model.builder import IPV4, End, Network, both_families, connection, icmp
from tests.model.node import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    POD,
    Node,
    backend,
    cidr,
    configure,
    flow_key,
    frontend,
    identify,
    opened,
    pod,
    rule,
    service,
    switches,
)

both_openers = pytest.mark.parametrize("first", [">", "<"], ids=["pod-opened", "peer-opened"])
both_senders = pytest.mark.parametrize("sender", [">", "<"], ids=["pod-sends", "peer-sends"])
UNRELATED = identify("198.51.100.0/24", 999)


def full(net: Network, address: str) -> str:
    return f"{address}/{32 if net.family == 4 else 128}"


@both_families
@both_openers
@both_senders
@pytest.mark.parametrize("kind", [TCP, UDP], ids=["tcp", "udp"])
def test_a_flow_that_is_no_longer_allowed_ends_with_the_next_packet_of_either_end(
    net: Network, first: str, sender: str, kind: int
) -> None:
    node, seen = Node(), connection(net, net.peer, kind=kind)
    node.run(seen, [first + "S", sender + "A"])
    direction = EGRESS if first == ">" else INGRESS
    node.apply(rule(1, DENY, direction))
    handled = node.step(seen, sender + "A")
    assert (handled.reason, handled.verdict) == (Reason.POLICY_REVOKED, Verdict.DROP)
    assert handled.policy_events == []
    assert [event.reason for event in handled.drop_events] == [Reason.POLICY_REVOKED]
    assert node.table == {}


@both_families
@both_openers
@both_senders
def test_a_flow_is_judged_as_it_was_opened_whichever_way_the_packet_goes(
    net: Network, first: str, sender: str
) -> None:
    """Rules of the other direction do not concern it."""
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, first + "S")
    other = INGRESS if first == ">" else EGRESS
    node.apply(rule(1, DENY, other))
    assert node.step(seen, sender + "A").reason in {Reason.ESTABLISHED, Reason.REPLY}


@both_families
@both_openers
def test_a_flow_is_judged_by_the_port_of_the_receiver(net: Network, first: str) -> None:
    """Far port 80, near port 40000: a rule for the opener's port does not match."""
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, first + "S")
    direction = EGRESS if first == ">" else INGRESS
    receiver, opener = (80, 40000) if first == ">" else (40000, 80)
    node.apply(rule(1, DENY, direction, protocol=TCP, ports=(opener, opener)))
    assert node.step(seen, ">A").verdict is Verdict.PASS
    node.apply(rule(2, DENY, direction, protocol=TCP, ports=(receiver, receiver)))
    assert node.step(seen, ">A").reason is Reason.POLICY_REVOKED


@both_families
def test_a_flow_that_is_still_allowed_takes_the_new_revision(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, ">S")
    before = node.flow.policy_revision
    node.apply(rule(1, ALLOW, EGRESS))
    handled = node.step(seen, "<SA")
    assert (handled.reason, handled.events) == (Reason.REPLY, ())
    assert node.flow.policy_revision == before + 1
    assert "POL-5" in handled.clauses
    assert "POL-5" not in node.step(seen, ">A").clauses


@both_families
def test_a_change_taken_back_before_the_next_packet_goes_unnoticed(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, ">S")
    node.apply(rule(1, DENY, EGRESS))
    node.apply(RemoveRule(1))
    assert node.step(seen, ">A").reason is Reason.ESTABLISHED


@both_families
def test_after_revocation_the_next_packet_is_new_and_judged_again(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, ">S")
    node.apply(rule(1, DENY, EGRESS))
    assert node.step(seen, ">A").reason is Reason.POLICY_REVOKED
    assert node.step(seen, ">A").reason is Reason.POLICY_DENIED


@both_families
def test_flows_to_services_are_judged_by_the_backend(net: Network) -> None:
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    node, seen = Node(put), connection(net, net.service)
    node.send(seen.out("S"))
    node.apply(rule(1, DENY, EGRESS, peer=cidr(full(net, net.service))))
    assert node.send(seen.out("A")).reason is Reason.ESTABLISHED
    node.apply(rule(2, DENY, EGRESS, peer=cidr(full(net, net.backends[0]))))
    handled = node.send(seen.out("A"))
    assert (handled.reason, handled.data) == (Reason.POLICY_REVOKED, seen.out("A"))
    assert node.flows == {}


@both_families
def test_a_lost_choice_does_not_save_a_flow_from_revocation(net: Network) -> None:
    """LB-4a: the packet belongs to the flow, which is judged."""
    put = service(1, [frontend(net.service)], [backend(1, End(net.backends[0], 8080))])
    node, seen = Node(put), connection(net, net.service)
    node.send(seen.out("S"))
    node.apply(rule(1, DENY, EGRESS), RemoveEntry(flow_key(seen)))
    handled = node.send(seen.out("A"))
    assert handled.reason is Reason.POLICY_REVOKED
    assert handled.selection_events == []
    assert node.table == {}


@both_families
@both_openers
def test_pings_are_judged_by_the_type_of_the_request(net: Network, first: str) -> None:
    node = Node()
    out = first == ">"
    request = icmp(*ends_of(net, out), net.echo_request, identifier=7)
    answer = icmp(*ends_of(net, not out), net.echo_reply, identifier=7)
    (node.send if out else node.receive)(request)
    echo = net.echo_request << 8
    direction = EGRESS if out else INGRESS
    node.apply(rule(1, DENY, direction, protocol=net.icmp, ports=(echo + 1, 0xFFFF)))
    handled = (node.receive if out else node.send)(answer)
    assert handled.reason is Reason.REPLY
    node.apply(rule(2, DENY, direction, protocol=net.icmp, ports=(echo, echo)))
    handled = (node.receive if out else node.send)(answer)
    assert handled.reason is Reason.POLICY_REVOKED


def ends_of(net: Network, out: bool) -> tuple[str, str]:
    return (net.pod, net.peer) if out else (net.peer, net.pod)


@both_families
def test_an_identity_that_changes_is_a_policy_change(net: Network) -> None:
    node = Node(identify(full(net, net.peer), HOST_IDENTITY), isolated=[INGRESS])
    seen = connection(net, net.peer)
    assert node.step(seen, "<S").reason is Reason.NEW
    node.apply(identify(full(net, net.peer), 200))
    assert node.step(seen, ">A").reason is Reason.POLICY_REVOKED


@both_families
def test_switching_off_the_nodes_access_ends_its_flows(net: Network) -> None:
    node = Node(identify(full(net, net.node), HOST_IDENTITY), isolated=[INGRESS])
    seen = connection(net, net.node)
    node.step(seen, "<S")
    node.apply(configure(host_reaches_pods=False))
    assert node.step(seen, ">A").reason is Reason.POLICY_REVOKED


@both_families
def test_isolating_a_pod_ends_what_no_rule_allows(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.step(seen, ">S")
    node.apply(PutEndpoint(pod([EGRESS])))
    assert node.step(seen, "<A").reason is Reason.POLICY_REVOKED


@both_families
@both_openers
def test_a_revoked_closing_flow_is_removed_too(net: Network, first: str) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.run(seen, [first + "S", first + "FA"])
    node.apply(rule(1, DENY, EGRESS if opened(first) is Opener.ENDPOINT else INGRESS))
    assert node.step(seen, first + "A").reason is Reason.POLICY_REVOKED
    assert node.table == {}


def test_the_revision_starts_at_one() -> None:
    assert World().policy_revision == 1


RAISING: dict[str, Operation] = {
    "rule-added": rule(1, ALLOW, EGRESS),
    "rule-changed": rule(2, DENY, EGRESS),
    "rule-put-again": rule(2, ALLOW, EGRESS),
    "rule-removed": RemoveRule(2),
    "identity-added": UNRELATED,
    "identity-changed": identify("203.0.113.0/24", 301),
    "identity-put-again": identify("203.0.113.0/24", 300),
    "identity-removed": RemoveIdentity(Prefix.parse("203.0.113.0/24")),
    "endpoint-put-again": PutEndpoint(pod()),
    "isolated": PutEndpoint(pod([INGRESS])),
    "endpoint-added": PutEndpoint(pod(identifier=POD + 1, interface=20)),
    "endpoint-changed": PutEndpoint(pod(identity=101)),
    "endpoint-removed": RemoveEndpoint(POD),
    "node-kept-out": configure(host_reaches_pods=False),
}
NOT_RAISING: dict[str, Operation] = {
    "service-added": service(2, [frontend("10.96.0.99")], []),
    "service-removed": RemoveService(1),
    "mid-stream": configure(pick_up_mid_stream=False),
    "switches": switches(drops=False),
    "same-configuration": configure(),
    "entry-removed": RemoveEntry(flow_key(connection(IPV4, IPV4.peer))),
}


def prepared() -> World:
    """A world with something of everything."""
    world = World()
    world.apply(
        [
            PutEndpoint(pod()),
            rule(2, ALLOW, EGRESS),
            identify("203.0.113.0/24", 300),
            service(1, [frontend("10.96.0.10")], []),
        ],
        Trace(),
    )
    return world


@pytest.mark.clause(hits=["POL-5a"])
@pytest.mark.parametrize("operation", RAISING.values(), ids=RAISING)
def test_changes_of_policy_raise_the_revision_by_one(operation: Operation) -> None:
    world = prepared()
    before = world.policy_revision
    world.apply([operation], Trace())
    assert world.policy_revision == before + 1


@pytest.mark.clause(misses=["POL-5a"])
@pytest.mark.parametrize("operation", NOT_RAISING.values(), ids=NOT_RAISING)
def test_other_changes_do_not_raise_it(operation: Operation) -> None:
    world = prepared()
    before = world.policy_revision
    world.apply([operation], Trace())
    assert world.policy_revision == before


def test_a_transaction_raises_it_once_however_much_it_changes() -> None:
    world = World()
    rules = rule(1, ALLOW, EGRESS), rule(2, DENY, EGRESS)
    world.apply([PutEndpoint(pod()), *rules, UNRELATED], Trace())
    assert world.policy_revision == 2
