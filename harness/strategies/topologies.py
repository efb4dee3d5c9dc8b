"""Topologies: pods, services, identities and rules that have to do with each other."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.strategies.cast import (
    TRACKED,
    known_networks,
    pod_address,
    server_address,
    service_address,
)
from model.domain.address import Family
from model.domain.configuration import SECOND, Configuration, EventSwitches, NoBackendAction
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutIdentity,
    PutRule,
    PutService,
    SetConfiguration,
)
from model.domain.policy import (
    AnyPeer,
    CidrPeer,
    IdentityPeer,
    Peer,
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from model.domain.protocol import PORT_PROTOCOLS
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)

MAGLEV_SIZE = 251
ISOLATIONS = (
    *(frozenset[Direction](),) * 3,
    *(frozenset({one}) for one in Direction),
    frozenset(Direction),
)
IDENTITIES = (1, 2, 100, 101)


def configurations() -> st.SearchStrategy[Configuration]:
    """Configurations that differ from the default in a few settings."""
    return st.builds(
        Configuration,
        events=st.builds(EventSwitches, drops=st.booleans(), traces=st.sampled_from((False, True))),
        pick_up_mid_stream=st.sampled_from((True, False)),
        host_reaches_pods=st.sampled_from((True, False)),
        no_backend=st.sampled_from(NoBackendAction),
        rejects_per_second=st.sampled_from((100, 0, 1)),
        defragmentation_interface=st.sampled_from((0, 33)),
    )


def endpoints(number: int) -> st.SearchStrategy[Endpoint]:
    """The pod with a number from 1, in both families, perhaps isolated."""
    return st.builds(
        lambda isolated: Endpoint(
            number,
            f"pod_{number}",
            9 + number,
            99 + number,
            pod_address(Family.IPV4, number),
            pod_address(Family.IPV6, number),
            isolated,
        ),
        st.sampled_from(ISOLATIONS),
    )


@st.composite
def services(draw: st.DrawFn, number: int = 1) -> Service:
    """The service with a number from 1. Its first backend can be the first pod itself."""
    family = draw(st.sampled_from(Family))
    protocol = draw(st.sampled_from(TRACKED))
    key = FrontendKey(service_address(family, number), 80, protocol)
    port = 80 if protocol == 132 else 8080
    places = draw(st.lists(st.sampled_from((1, 2, 0)), unique=True, max_size=3))
    backends = tuple(
        Backend(
            10 * number + place,
            server_address(family, place) if place else pod_address(family, 1),
            port,
            draw(st.sampled_from(BackendState)),
            draw(st.booleans()),
        )
        for place in places
    )
    return Service(
        number,
        f"service_{number}",
        (Frontend(draw(st.sampled_from((FrontendKind.CLUSTER_IP, FrontendKind.NODE_PORT))), key),),
        backends,
        draw(st.sampled_from(Algorithm)),
        MAGLEV_SIZE,
        draw(st.sampled_from((None, 20 * SECOND))),
    )


@st.composite
def rules(draw: st.DrawFn, identifier: int = 1, endpoint: int = 1) -> PolicyRule:
    """The rule with an identifier, of an endpoint."""
    protocol = draw(st.sampled_from((None, *TRACKED)))
    ports = None
    if protocol in PORT_PROTOCOLS:
        first, last = sorted(draw(st.tuples(*[st.sampled_from((53, 80, 8080, 65535))] * 2)))
        ports = draw(st.sampled_from((None, PortRange(first, last))))
    return PolicyRule(
        identifier,
        endpoint,
        draw(st.sampled_from(Direction)),
        draw(st.sampled_from((100, 1, 200))),
        draw(st.sampled_from(RuleVerdict)),
        draw(peers()),
        protocol,
        ports,
    )


def peers() -> st.SearchStrategy[Peer]:
    """Peers of rules."""
    networks = st.sampled_from(Family).flatmap(known_networks)
    return st.one_of(
        st.just(AnyPeer()),
        st.builds(IdentityPeer, st.sampled_from(IDENTITIES)),
        st.builds(CidrPeer, networks),
    )


@st.composite
def topologies(draw: st.DrawFn) -> tuple[Operation, ...]:
    """One or two pods, with up to two services, prefixes and rules; shrinks to one pod."""
    found: list[Operation] = []
    if draw(st.sampled_from((False, True))):
        found.append(SetConfiguration(draw(configurations())))
    for number in range(1, draw(st.integers(1, 2)) + 1):
        found.append(PutEndpoint(draw(endpoints(number))))
    for number in range(1, draw(st.integers(0, 2)) + 1):
        found.append(PutService(draw(services(number))))
    for _ in range(draw(st.integers(0, 2))):
        network = draw(st.sampled_from(Family).flatmap(known_networks))
        found.append(PutIdentity(IdentityPrefix(network, draw(st.sampled_from(IDENTITIES)))))
    for number in range(1, draw(st.integers(0, 2)) + 1):
        found.append(PutRule(draw(rules(number))))
    return tuple(found)
