"""Rules are a set: in which order they were put does not matter (POL-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from model.domain.address import Network as Prefix
from model.domain.event import PolicyVerdictEvent
from model.domain.operation import Operation, PutEndpoint, PutRule
from model.domain.policy import AnyPeer, CidrPeer, IdentityPeer, Peer
from model.domain.protocol import TCP, UDP
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.pod import Pod
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, Connection, End
from tests.model.node import ALLOW, DENY, EGRESS, INGRESS, identify, pod, rule

NETWORKS = ["10.0.0.0/8", "10.0.2.0/24", "10.0.2.7/32", "10.0.3.0/24", "0.0.0.0/0"]
ADDRESSES = ["10.0.2.7", "10.0.2.8", "10.0.3.1", "10.9.9.9", "192.0.2.9"]
PORTS = [1, 80, 81, 443]
IDENTITIES = {"10.0.2.0/24": 200, "10.0.3.0/24": 300}


def outside(network: Prefix) -> list[Prefix]:
    """Exceptions that a rule about a network can have."""
    known = [Prefix.parse(text) for text in NETWORKS]
    return [one for one in known if network.contains(one.address) and one.length > network.length]


@st.composite
def cidr_peers(draw: st.DrawFn) -> CidrPeer:
    network = Prefix.parse(draw(st.sampled_from(NETWORKS)))
    possible = outside(network)
    exceptions = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    return CidrPeer(network, tuple(exceptions))


peers: st.SearchStrategy[Peer] = st.one_of(
    st.just(AnyPeer()),
    st.sampled_from([200, 300, 2]).map(IdentityPeer),
    cidr_peers(),
)
ranges = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(
    lambda ends: (min(ends), max(ends))
)


@st.composite
def rules(draw: st.DrawFn) -> PutRule:
    """A rule; its number is given later."""
    protocol = draw(st.sampled_from([None, TCP, UDP]))
    return rule(
        1,
        draw(st.sampled_from([ALLOW, DENY])),
        draw(st.sampled_from([EGRESS, INGRESS])),
        peer=draw(peers),
        protocol=protocol,
        ports=draw(st.none() | ranges) if protocol else None,
        priority=draw(st.sampled_from([10, 20, 30])),
    )


@dataclass(frozen=True)
class Order:
    """Numbered rules in two orders."""

    one: tuple[PutRule, ...]
    other: tuple[PutRule, ...]


def numbered(drawn: list[PutRule]) -> tuple[PutRule, ...]:
    return tuple(
        PutRule(replace(put.rule, identifier=number)) for number, put in enumerate(drawn, 1)
    )


orders = (
    st.lists(rules(), min_size=2, max_size=7)
    .map(numbered)
    .flatmap(lambda put: st.builds(Order, st.just(put), st.permutations(put).map(tuple)))
)


def judged(subject: KernelSubject, put: tuple[PutRule, ...]) -> list[Any]:
    """What policy says of every probe, by which rule, after the rules came one by one."""
    around: list[Operation] = [identify(*pair) for pair in IDENTITIES.items()]
    around.append(PutEndpoint(pod(isolated=[EGRESS, INGRESS])))
    node = Pod(subject, IPV4, around)
    for one in put:
        node.apply(one)
    result = []
    for number, (address, port) in enumerate((a, p) for a in ADDRESSES for p in PORTS):
        for kind in (TCP, UDP):
            there = Connection(End(IPV4.pod, 40000 + number), End(address, port), kind)
            here = Connection(End(IPV4.pod, port), End(address, 50000 + number), kind)
            for seen in (node.send(there.out("S")), node.receive(here.back("S"))):
                rule_numbers = [e.rule for e in seen.events if isinstance(e, PolicyVerdictEvent)]
                result.append((there, seen.reason, rule_numbers))
    return result


def order_does_not_matter(subject: KernelSubject, order: Order) -> None:
    assert judged(subject, order.one) == judged(subject, order.other)


@pytest.mark.clause(hits=["POL-1"])
def test_the_order_of_rules_does_not_matter(shipped: KernelSubject) -> None:
    holds(lambda order: order_does_not_matter(shipped, order), orders)


def test_a_fault_that_hangs_on_the_order_is_seen(planted: Plant) -> None:
    """Peers' classes are numbered as rules first name them."""
    fault = Fault(
        "policy.h",
        ".peer_class = peer_class,",
        ".peer_class = peer_class % 3,",
        "classes that are three apart are taken for one",
    )
    faulty = planted(fault)
    is_refuted(lambda order: order_does_not_matter(faulty, order), orders)
