"""A topology's sections become the operations that build it, numbered by their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from harness.scenario.error import FormatError
from model.domain.address import Network, parse_address
from model.domain.configuration import Configuration, EventSwitches, NoBackendAction, Timeouts
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
    PolicyRule,
    PortRange,
    RuleVerdict,
)
from model.domain.service import (
    Algorithm,
    Backend,
    BackendState,
    Frontend,
    FrontendKey,
    FrontendKind,
    Service,
)
from tests.scenario.files import load_text

STEP = "steps:\n  - {advance: 1s}\n"
SECOND = 1_000_000_000

HOSTS = """\
identities: {frontend: 200, database: 7}
networks: {lan: {ipv4: 10.0.0.0/8, ipv6: "fd00::/16"}, four: {ipv4: 172.16.0.0/12}}
peers: {outsider: {ipv4: 203.0.113.7, ipv6: "2001:db8::7"}}
endpoints:
  client: {identity: frontend, ipv4: 10.0.1.5, isolated: [egress, ingress]}
  server: {identity: database, ipv6: "fd00:1::6", id: 9, interface: 77}
  third: {identity: world, ipv4: 10.0.1.7}
"""


def topology_of(folder: Path, sections: str) -> tuple[Operation, ...]:
    text = f"topology:\n{indent(sections, '  ')}{STEP}"
    (scenario,) = load_text(folder, text)
    return scenario.topology


def rules_of(folder: Path, sentence: str) -> list[PolicyRule]:
    found = topology_of(folder, f"{HOSTS}rules:\n  one: {sentence}\n")
    return [operation.rule for operation in found if isinstance(operation, PutRule)]


def test_endpoints_are_numbered_in_order(tmp_path: Path) -> None:
    found = [one.endpoint for one in topology_of(tmp_path, HOSTS) if isinstance(one, PutEndpoint)]
    both = frozenset({Direction.INGRESS, Direction.EGRESS})
    assert found == [
        Endpoint(1, "client", 10, 200, parse_address("10.0.1.5"), None, both),
        Endpoint(9, "server", 77, 7, None, parse_address("fd00:1::6")),
        Endpoint(2, "third", 11, 2, parse_address("10.0.1.7")),
    ]


def test_identities_without_numbers_begin_at_100(tmp_path: Path) -> None:
    sections = "identities: [a, b]\nendpoints: {x: {identity: b}}\n"
    (found,) = topology_of(tmp_path, sections)
    assert isinstance(found, PutEndpoint)
    assert found.endpoint.identity == 101


def test_prefixes_and_names_that_stand_for_some(tmp_path: Path) -> None:
    sections = f"{HOSTS}prefixes: {{outsider: frontend, four: database, 10.2.0.0/16: host}}\n"
    found = [one.prefix for one in topology_of(tmp_path, sections) if isinstance(one, PutIdentity)]
    assert found == [
        IdentityPrefix(Network.parse("203.0.113.7/32"), 200),
        IdentityPrefix(Network.parse("2001:db8::7/128"), 200),
        IdentityPrefix(Network.parse("172.16.0.0/12"), 7),
        IdentityPrefix(Network.parse("10.2.0.0/16"), 1),
    ]


def test_the_whole_configuration(tmp_path: Path) -> None:
    sections = """\
configuration:
  timeouts: {tcp_opening: 1s, tcp_established: 2s, tcp_closing: 3s, other: 4s, fragment: 5s}
  events: {policy_verdicts: false, selections: false, drops: false, traces: true, per_second: 9}
  pick_up_mid_stream: false
  host_reaches_pods: false
  no_backend: reject
  rejects_per_second: 3
  loopback_ipv4: 169.254.1.1
  loopback_ipv6: "fd00::1"
  defragmentation_interface: 5
"""
    expected = Configuration(
        Timeouts(1 * SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND, 5 * SECOND),
        EventSwitches(False, False, False, True, 9),
        False,
        False,
        NoBackendAction.REJECT,
        3,
        parse_address("169.254.1.1"),
        parse_address("fd00::1"),
        5,
    )
    assert topology_of(tmp_path, sections) == (SetConfiguration(expected),)


def test_what_is_left_out_of_the_configuration_has_its_default(tmp_path: Path) -> None:
    sections = "configuration: {timeouts: {other: 4s}, events: {drops: false}}\n"
    default = Configuration()
    expected = replace(
        default,
        timeouts=replace(default.timeouts, other=4 * SECOND),
        events=replace(default.events, drops=False),
    )
    assert topology_of(tmp_path, sections) == (SetConfiguration(expected),)


def test_services_of_both_families(tmp_path: Path) -> None:
    sections = """\
endpoints: {pod: {identity: world, ipv4: 10.0.1.6, ipv6: "fd00:1::6"}}
services:
  web:
    frontends:
      - {ipv4: 10.96.0.10, ipv6: "fd00:96::a", port: 80}
      - {kind: node_port, ipv4: 192.168.0.1, port: 30080, protocol: sctp}
    backends:
      one: {endpoint: pod, port: 8080}
      two: {ipv4: 10.0.2.9, port: 81, state: terminating, serving: false, local: false}
    algorithm: random
    maglev_size: 251
    affinity: 3h
    internal_traffic_policy: local
    external_traffic_policy: local
  plain:
    frontends: [{kind: external_ip, ipv4: 1.2.3.4, port: 53, protocol: udp}]
    backends: {}
"""
    found = [one.service for one in topology_of(tmp_path, sections) if isinstance(one, PutService)]
    four, six = parse_address("10.0.1.6"), parse_address("fd00:1::6")
    web = Service(
        1,
        "web",
        (
            Frontend(FrontendKind.CLUSTER_IP, FrontendKey(parse_address("10.96.0.10"), 80, 6)),
            Frontend(FrontendKind.CLUSTER_IP, FrontendKey(parse_address("fd00:96::a"), 80, 6)),
            Frontend(FrontendKind.NODE_PORT, FrontendKey(parse_address("192.168.0.1"), 30080, 132)),
        ),
        (
            Backend(1, four, 8080),
            Backend(2, six, 8080),
            Backend(3, parse_address("10.0.2.9"), 81, BackendState.TERMINATING, False, False),
        ),
        Algorithm.RANDOM,
        251,
        3 * 3600 * SECOND,
        True,
        True,
    )
    plain_key = FrontendKey(parse_address("1.2.3.4"), 53, 17)
    plain = Service(2, "plain", (Frontend(FrontendKind.EXTERNAL_IP, plain_key),), ())
    assert found == [web, plain]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "client allows ingress from any",
            PolicyRule(1, 1, Direction.INGRESS, 100, RuleVerdict.ALLOW, AnyPeer()),
        ),
        (
            "client denies egress to identity host on tcp/80-90 priority 7",
            PolicyRule(
                1, 1, Direction.EGRESS, 7, RuleVerdict.DENY, IdentityPeer(1), 6, PortRange(80, 90)
            ),
        ),
        (
            "third allows ingress from cidr 10.0.0.0/8 except 10.1.0.0/16 10.2.0.0/16 on 47",
            PolicyRule(
                1,
                2,
                Direction.INGRESS,
                100,
                RuleVerdict.ALLOW,
                CidrPeer(
                    Network.parse("10.0.0.0/8"),
                    (Network.parse("10.1.0.0/16"), Network.parse("10.2.0.0/16")),
                ),
                47,
            ),
        ),
        (
            "client allows egress to cidr four, except 172.16.1.0/24, on icmp/3/0-3/15",
            PolicyRule(
                1,
                1,
                Direction.EGRESS,
                100,
                RuleVerdict.ALLOW,
                CidrPeer(Network.parse("172.16.0.0/12"), (Network.parse("172.16.1.0/24"),)),
                1,
                PortRange(0x0300, 0x030F),
            ),
        ),
        (
            "{rule: client denies ingress from any on icmpv6/128/0, id: 44}",
            PolicyRule(
                44,
                1,
                Direction.INGRESS,
                100,
                RuleVerdict.DENY,
                AnyPeer(),
                58,
                PortRange(0x8000, 0x8000),
            ),
        ),
    ],
)
def test_rules_are_sentences(tmp_path: Path, sentence: str, expected: PolicyRule) -> None:
    assert rules_of(tmp_path, sentence) == [expected]


def test_a_rule_about_both_families_is_two(tmp_path: Path) -> None:
    sentence = "client allows egress to cidr lan except 10.1.0.0/16 fd00:9::/32 priority 3"
    peers = [(rule.identifier, rule.peer) for rule in rules_of(tmp_path, sentence)]
    assert peers == [
        (1, CidrPeer(Network.parse("10.0.0.0/8"), (Network.parse("10.1.0.0/16"),))),
        (2, CidrPeer(Network.parse("fd00::/16"), (Network.parse("fd00:9::/32"),))),
    ]


def test_a_shared_topology_and_more_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "shared.topology.yaml").write_text(HOSTS, encoding="utf-8")
    more = "include: shared.topology.yaml\nrules: {one: client allows egress to any}\n"
    kinds = [type(operation) for operation in topology_of(tmp_path, more)]
    assert kinds == [PutEndpoint, PutEndpoint, PutEndpoint, PutRule]
    (scenario,) = load_text(tmp_path, f"topology: shared.topology.yaml\n{STEP}")
    assert scenario.topology == topology_of(tmp_path, HOSTS)


def test_a_mistake_in_a_shared_topology_is_shown_there(tmp_path: Path) -> None:
    (tmp_path / "shared.topology.yaml").write_text("endpoints:\n  x: {}\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"shared\.topology\.yaml:2:6: endpoint 'x' without"):
        load_text(tmp_path, f"topology: shared.topology.yaml\n{STEP}")


def test_the_head_of_a_file(tmp_path: Path) -> None:
    head = "name: my-name\ndescription: |\n  What it\n  is about.\nclauses: [CT-5, LB-3a]\n"
    (scenario,) = load_text(tmp_path, f"{head}topology: {{}}\n{STEP}")
    assert (scenario.name, scenario.description) == ("my-name", "What it is about.")
    assert scenario.clauses == ("CT-5", "LB-3a")
    assert scenario.family is None
    assert scenario.path == str(tmp_path / "case.yaml")


def test_a_file_without_a_name_has_its_own(tmp_path: Path) -> None:
    (scenario,) = load_text(tmp_path, f"topology: {{}}\n{STEP}")
    assert scenario.name == "case"
