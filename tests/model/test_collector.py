"""The collector removes exactly what has expired (CT-4, CT-4a, LB-7, FRAG-1)."""

from __future__ import annotations

import pytest

from model.domain.address import parse_address
from model.domain.flow import AffinityKey, Flow, Opener, Selection
from model.domain.operation import RemoveService
from model.domain.protocol import UDP
from model.domain.reason import Reason
from tests.model.builder import SECOND, End, Network, both_families, connection, ends
from tests.model.fragment import first_fragment
from tests.model.node import Node, backend, flow_key, frontend, service

TIMEOUT = 60 * SECOND


def server(net: Network) -> End:
    return End(net.backends[0], 8080)


def balanced(net: Network, affinity_timeout: int | None = None) -> Node:
    ends = [frontend(net.service, 80, UDP)], [backend(1, server(net))]
    return Node(service(1, *ends, affinity_timeout=affinity_timeout))


@both_families
@pytest.mark.parametrize(("wait", "stays"), [(TIMEOUT - 1, True), (TIMEOUT, False)])
def test_a_flow_is_removed_from_its_expiry_on(net: Network, wait: int, stays: bool) -> None:
    node = Node()
    node.send(connection(net, net.peer, kind=UDP).out())
    node.wait(wait)
    node.model.collect()
    assert bool(node.flows) == stays


@both_families
def test_flows_that_are_live_stay_as_they_are(net: Network) -> None:
    node = Node()
    for number in range(10):
        node.put(
            flow_key(connection(net, net.peer, near_port=number)),
            Flow(expires=node.now + number - 5, opener_packets=number),
        )
    node.model.collect()
    kept = {key.endpoint_port: flow.opener_packets for key, flow in node.flows.items()}
    assert kept == {6: 6, 7: 7, 8: 8, 9: 9}


@both_families
@pytest.mark.parametrize(("wait", "stays"), [(TIMEOUT - 1, True), (TIMEOUT, False)])
def test_a_selection_lives_as_long_as_its_flow(net: Network, wait: int, stays: bool) -> None:
    node = balanced(net)
    node.send(connection(net, net.service, kind=UDP).out())
    node.wait(wait)
    node.model.collect()
    assert (bool(node.flows), bool(node.selections)) == (stays, stays)


@both_families
def test_replies_alone_keep_a_selection_alive(net: Network) -> None:
    node, client = balanced(net), connection(net, net.service, kind=UDP)
    node.send(client.out())
    node.wait(TIMEOUT - 1)
    node.receive(client.behind(server(net)).back())
    node.wait(TIMEOUT - 1)
    node.model.collect()
    assert node.selections == {flow_key(client): Selection(1, 1)}


@both_families
def test_a_selection_whose_backend_is_gone_is_removed_and_its_flow_stays(net: Network) -> None:
    node, client = balanced(net), connection(net, net.service, kind=UDP)
    node.send(client.out())
    node.apply(service(1, [frontend(net.service, 80, UDP)], []))
    node.model.collect()
    assert not node.selections
    assert len(node.flows) == 1
    late = node.receive(client.behind(server(net)).back())
    assert (late.reason, ends(late.data)[0]) == (Reason.REPLY, client.far)


@both_families
def test_a_selection_whose_flow_belongs_to_another_frontend_is_removed(net: Network) -> None:
    node, client = balanced(net), connection(net, net.service, kind=UDP)
    node.send(client.out())
    key = flow_key(client.behind(server(net)))
    other = Flow(
        expires=node.now + SECOND,
        load_balanced=True,
        service=2,
        service_address=parse_address(net.other_service),
        service_port=80,
    )
    for flow in (other, Flow(expires=node.now + SECOND)):
        node.put(flow_key(client), Selection(1, 1))
        node.put(key, flow)
        node.model.collect()
        assert not node.selections
        assert set(node.flows) == {key}


@both_families
def test_a_selection_of_a_hairpin_lives_with_its_flow(net: Network) -> None:
    put = service(1, [frontend(net.service, 80, UDP)], [backend(1, End(net.pod, 8080))])
    node, client = Node(put), connection(net, net.service, kind=UDP)
    node.send(client.out())
    node.model.collect()
    assert node.selections == {flow_key(client): Selection(1, 1)}
    assert {key.opener for key in node.flows} == {Opener.PEER}
    node.wait(TIMEOUT)
    node.model.collect()
    assert node.table == {}


@both_families
@pytest.mark.parametrize(("wait", "stays"), [(TIMEOUT - 1, True), (TIMEOUT, False)])
def test_an_affinity_is_removed_once_it_cannot_be_used(
    net: Network, wait: int, stays: bool
) -> None:
    node = balanced(net, affinity_timeout=TIMEOUT)
    node.send(connection(net, net.service, kind=UDP).out())
    node.wait(wait)
    node.model.collect()
    key = AffinityKey(parse_address(net.pod), 1)
    assert (key in node.state.affinities) == stays


@both_families
@pytest.mark.parametrize("change", ["removed", "no-affinity"])
def test_an_affinity_goes_with_its_service(net: Network, change: str) -> None:
    node = balanced(net, affinity_timeout=TIMEOUT)
    node.send(connection(net, net.service, kind=UDP).out())
    if change == "removed":
        node.apply(RemoveService(1))
    else:
        node.apply(service(1, [frontend(net.service, 80, UDP)], [backend(1, server(net))]))
    node.model.collect()
    assert node.state.affinities == {}


@both_families
def test_what_the_collector_removes_no_packet_could_have_used(net: Network) -> None:
    """With or without it, the next packet is taken for the same."""
    for wait in (TIMEOUT - 1, TIMEOUT):
        reasons = []
        for collects in (False, True):
            node, client = balanced(net), connection(net, net.service, kind=UDP)
            node.send(client.out())
            node.wait(wait)
            if collects:
                node.model.collect()
            reasons.append(node.send(client.out()).reason)
        assert reasons[0] is reasons[1]


@both_families
@pytest.mark.parametrize(("wait", "stays"), [(30 * SECOND - 1, True), (30 * SECOND, False)])
def test_a_datagram_is_removed_once_it_cannot_be_used(net: Network, wait: int, stays: bool) -> None:
    node = Node()
    node.send(first_fragment(net, connection(net, net.peer, kind=UDP).out("", bytes(100))))
    assert len(node.state.datagrams) == 1
    node.wait(wait)
    node.model.collect()
    assert bool(node.state.datagrams) == stays
