"""Transactions and settings (OBS-4, CT-3, LB-6a; the operations of model/domain/operation.py)."""

from __future__ import annotations

import pytest

from harness.subject import OperationError
from model.domain.address import Network as Prefix
from model.domain.address import parse_address
from model.domain.configuration import Configuration, NoBackendAction
from model.domain.flow import Flow
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
)
from model.domain.policy import RuleVerdict
from model.domain.reason import Reason
from tests.model.builder import IPV4, SECOND, Network, both_families, connection
from tests.model.node import (
    EGRESS,
    POD,
    Node,
    backends,
    flow_key,
    frontend,
    identify,
    pod,
    rule,
    service,
)

MISSING: list[Operation] = [
    RemoveEndpoint(99),
    RemoveRule(99),
    RemoveService(99),
    RemoveIdentity(Prefix.parse("203.0.113.0/24")),
]


def test_the_defaults_are_those_of_the_specification() -> None:
    configuration = Configuration()
    timeouts = configuration.timeouts
    assert timeouts.tcp_opening == 60 * SECOND
    assert timeouts.tcp_established == 8000 * SECOND
    assert timeouts.tcp_closing == 10 * SECOND
    assert timeouts.other == 60 * SECOND
    assert timeouts.fragment == 30 * SECOND
    assert configuration.pick_up_mid_stream
    assert configuration.host_reaches_pods
    assert configuration.no_backend is NoBackendAction.DROP
    assert configuration.loopback_ipv4 == parse_address("169.254.42.1")
    assert configuration.loopback_ipv6 == parse_address("fd00:2a::1")
    assert configuration.defragmentation_interface == 0


@pytest.mark.parametrize("impossible", MISSING, ids=lambda one: type(one).__name__)
def test_a_transaction_that_cannot_be_carried_out_changes_nothing(impossible: Operation) -> None:
    seen = connection(IPV4, IPV4.service)
    node = Node()
    node.send(seen.out("S"))
    before = node.table
    put = service(1, [frontend(IPV4.service)], backends(IPV4, 1))
    deny = rule(1, RuleVerdict.DENY, EGRESS)
    forget = RemoveEntry(flow_key(seen))
    with pytest.raises(OperationError):
        node.apply(put, deny, PutEndpoint(pod([EGRESS])), forget, impossible)
    assert node.table == before
    node.apply(service(2, [frontend(IPV4.other_service)], []), identify("198.51.100.0/24", 300))
    handled = node.send(seen.out("A"))
    assert (handled.reason, handled.data) == (Reason.ESTABLISHED, seen.out("A"))
    assert node.send(connection(IPV4, IPV4.peer).out("S")).reason is Reason.NEW


def test_a_transaction_that_cannot_be_carried_out_is_no_policy_change() -> None:
    seen = connection(IPV4, IPV4.peer)
    node = Node()
    node.send(seen.out("S"))
    revision = node.flow.policy_revision
    with pytest.raises(OperationError):
        node.apply(rule(1, RuleVerdict.ALLOW, EGRESS), RemoveRule(99))
    node.send(seen.out("A"))
    assert node.flow.policy_revision == revision


@pytest.mark.parametrize("impossible", MISSING, ids=lambda one: type(one).__name__)
def test_the_error_is_one_line(impossible: Operation) -> None:
    with pytest.raises(OperationError) as caught:
        Node().apply(impossible)
    assert "\n" not in str(caught.value)


@both_families
def test_removing_an_endpoint_removes_its_rules(net: Network) -> None:
    node = Node(rule(1, RuleVerdict.DENY, EGRESS))
    node.apply(RemoveEndpoint(POD))
    node.apply(PutEndpoint(pod()))
    assert node.send(connection(net, net.peer).out("S")).reason is Reason.NEW


@both_families
def test_removing_an_entry_ends_a_flow_and_removing_none_is_no_error(net: Network) -> None:
    node, seen = Node(), connection(net, net.peer)
    node.send(seen.out("S"))
    node.apply(RemoveEntry(flow_key(seen)))
    assert node.table == {}
    node.apply(RemoveEntry(flow_key(seen)))


@both_families
def test_an_entry_that_is_put_is_a_copy(net: Network) -> None:
    node, key = Node(), flow_key(connection(net, net.peer))
    flow = Flow(expires=node.now + SECOND)
    node.apply(PutEntry(key, flow))
    flow.expires = 0
    assert node.flow.expires == node.now + SECOND


@both_families
def test_identities_can_be_changed_and_taken_away(net: Network) -> None:
    node = Node(identify(f"{net.peer}/{32 if net.family == 4 else 128}", 200))
    network = Prefix.parse(net.peer)

    def peer_identity(port: int) -> int:
        (event,) = node.send(connection(net, net.peer, port).out("S")).policy_events
        return event.peer_identity

    assert peer_identity(1) == 200
    node.apply(identify(f"{net.peer}/{network.length}", 300))
    assert peer_identity(2) == 300
    node.apply(RemoveIdentity(network))
    assert peer_identity(3) == 2
