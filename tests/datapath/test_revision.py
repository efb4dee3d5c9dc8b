"""Which transactions raise the revisions that tell the datapath to look again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.control_plane import ControlPlane
from harness.kernel.btf import Btf
from harness.subject import OperationError
from model.domain.address import Network, parse_address
from model.domain.configuration import Configuration
from model.domain.endpoint import Direction, Endpoint, IdentityPrefix
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)
from model.domain.policy import PolicyRule, RuleVerdict
from model.domain.service import Backend, Frontend, FrontendKey, FrontendKind, Service
from tests.datapath.fake_maps import SMALL_SIZES, FakeMap, Faults, fake_maps
from tests.datapath.lookup import Lookup, settings

POD = Endpoint(1, "pod", 11, 100, parse_address("10.0.0.1"))
NETWORK = Network.parse("10.0.0.0/24")
RULE = PolicyRule(1, 1, Direction.EGRESS, 0, RuleVerdict.ALLOW)
FRONTEND = Frontend(FrontendKind.CLUSTER_IP, FrontendKey(parse_address("10.96.0.1"), 80, 6))
OTHER = Frontend(FrontendKind.CLUSTER_IP, FrontendKey(parse_address("10.96.0.1"), 81, 6))
SERVICE = Service(1, "s", (FRONTEND,), (Backend(1, parse_address("10.1.0.1"), 80),), maglev_size=7)
KEY = FlowKey(bytes(4), bytes(4), 1, 2, 6, Opener.PEER)


@pytest.fixture
def maps(btf: Btf) -> dict[str, FakeMap]:
    return fake_maps(btf, SMALL_SIZES)


@pytest.fixture
def control_plane(maps: dict[str, FakeMap], codecs: Codecs) -> ControlPlane:
    """With an endpoint, a rule, an identity and a service: both revisions are at 2."""
    made = ControlPlane(maps, codecs)
    identity = PutIdentity(IdentityPrefix(NETWORK, 100))
    made.apply([PutEndpoint(POD), PutRule(RULE), identity, PutService(SERVICE)])
    return made


def revisions(maps: dict[str, FakeMap], codecs: Codecs) -> tuple[int, int]:
    """Policy and service revision as the datapath reads them."""
    read = settings(maps, codecs)
    return read.policy_revision, read.service_revision


def test_they_start_at_one(maps: dict[str, FakeMap], codecs: Codecs) -> None:
    ControlPlane(maps, codecs)
    assert revisions(maps, codecs) == (1, 1)


@pytest.mark.parametrize(
    ("operations", "raised"),
    [
        ([PutEndpoint(POD)], (1, 0)),
        ([RemoveEndpoint(1)], (1, 0)),
        ([PutIdentity(IdentityPrefix(NETWORK, 7))], (1, 0)),
        ([RemoveIdentity(NETWORK)], (1, 0)),
        ([PutRule(RULE)], (1, 0)),
        ([RemoveRule(1)], (1, 0)),
        ([RemoveRule(1), PutRule(RULE), PutEndpoint(POD), RemoveIdentity(NETWORK)], (1, 0)),
        ([SetConfiguration(Configuration(host_reaches_pods=False))], (1, 0)),
        (
            [
                SetConfiguration(Configuration(host_reaches_pods=False)),
                SetConfiguration(Configuration()),
            ],
            (0, 0),
        ),
        ([SetConfiguration(Configuration(pick_up_mid_stream=False))], (0, 0)),
        ([PutEntry(KEY, Flow(1))], (0, 0)),
        ([], (0, 0)),
        ([PutService(SERVICE)], (0, 0)),
        ([PutService(replace(SERVICE, backends=()))], (0, 0)),
        ([PutService(replace(SERVICE, internal_local=True))], (0, 1)),
        ([PutService(replace(SERVICE, external_local=True))], (0, 0)),
        ([PutService(replace(SERVICE, frontends=(FRONTEND, OTHER)))], (0, 1)),
        ([PutService(replace(SERVICE, frontends=()))], (0, 1)),
        ([RemoveService(1)], (0, 1)),
        ([PutService(replace(SERVICE, affinity_timeout=5))], (0, 1)),
        ([PutService(replace(SERVICE, affinity_timeout=5)), PutService(SERVICE)], (0, 0)),
        ([PutService(Service(2, "sticky", (), (), affinity_timeout=5))], (0, 1)),
        (
            [
                PutService(replace(SERVICE, frontends=())),
                PutService(Service(2, "t", (FRONTEND,), (), maglev_size=7)),
            ],
            (0, 1),
        ),
        (
            [
                PutService(
                    replace(SERVICE, frontends=(replace(FRONTEND, kind=FrontendKind.NODE_PORT),))
                )
            ],
            (0, 1),
        ),
        ([RemoveService(1), RemoveRule(1)], (1, 1)),
    ],
)
def test_raised_once_by_what_they_are_about(
    control_plane: ControlPlane,
    maps: dict[str, FakeMap],
    codecs: Codecs,
    operations: list[Operation],
    raised: tuple[int, int],
) -> None:
    assert revisions(maps, codecs) == (2, 2)
    control_plane.apply(operations)
    assert revisions(maps, codecs) == (2 + raised[0], 2 + raised[1])


def test_not_raised_by_a_refused_transaction(
    control_plane: ControlPlane, maps: dict[str, FakeMap], codecs: Codecs
) -> None:
    with pytest.raises(OperationError):
        control_plane.apply([RemoveRule(1), RemoveService(1), RemoveService(2)])
    assert revisions(maps, codecs) == (2, 2)
    control_plane.apply([RemoveRule(1)])
    assert revisions(maps, codecs) == (3, 2)


def test_affinity_lost_or_changed(
    control_plane: ControlPlane, maps: dict[str, FakeMap], codecs: Codecs
) -> None:
    sticky = replace(SERVICE, affinity_timeout=5)
    control_plane.apply([PutService(sticky)])
    assert revisions(maps, codecs) == (2, 3)
    control_plane.apply([PutService(replace(sticky, affinity_timeout=6))])
    assert revisions(maps, codecs) == (2, 4)
    control_plane.apply([PutService(SERVICE)])
    assert revisions(maps, codecs) == (2, 5)


def test_raised_when_what_they_stand_for_is_written(btf: Btf, codecs: Codecs) -> None:
    """A packet that sees a new revision remembers nothing that was so before it."""
    faults = Faults()
    maps = fake_maps(btf, SMALL_SIZES, faults)
    control_plane, lookup = ControlPlane(maps, codecs), Lookup(maps, codecs)
    control_plane.apply([PutEndpoint(POD), PutService(SERVICE)])
    seen = []

    def watch() -> None:
        policy = lookup.policy(11, Direction.EGRESS, parse_address("10.9.9.9"), "TCP", 80)
        facts = settings(maps, codecs).configuration, lookup.service(OTHER.key), policy
        seen.append((*revisions(maps, codecs), facts))

    faults.watch = watch
    control_plane.apply(
        [
            SetConfiguration(Configuration(host_reaches_pods=False)),
            PutService(replace(SERVICE, frontends=(OTHER,))),
            PutRule(replace(RULE, verdict=RuleVerdict.DENY)),
        ]
    )
    final = seen[-1]
    assert final[:2] == (3, 3)
    assert any(facts[:2] == (2, 2) for facts in seen)
    assert all(facts == final for facts in seen if facts[:2] != (2, 2))


def test_a_new_configuration_keeps_them(
    control_plane: ControlPlane, maps: dict[str, FakeMap], codecs: Codecs
) -> None:
    configuration = Configuration(rejects_per_second=5)
    control_plane.apply([SetConfiguration(configuration)])
    assert settings(maps, codecs).configuration == configuration
    assert revisions(maps, codecs) == (2, 2)
