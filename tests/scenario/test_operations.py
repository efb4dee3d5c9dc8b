"""Operations between packets, the clock, and what a scenario's author expects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.step import START_CLOCK, ClockStep, CollectStep, OperationStep
from model.domain.address import Network, parse_address
from model.domain.configuration import Configuration
from model.domain.endpoint import Direction
from model.domain.flow import Flow, FlowKey, Opener, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
    SetConfiguration,
)
from model.domain.packet import Verdict
from model.domain.policy import CidrPeer
from model.domain.reason import Reason
from model.domain.service import Backend, BackendState
from tests.scenario.files import expectation_of, load_text, scenario_text, steps_of

SECOND = 1_000_000_000
CLIENT, SERVER = parse_address("10.0.1.5"), parse_address("10.0.1.6")
WEB, OTHER = parse_address("10.96.0.10"), parse_address("10.0.2.9")
SERVER6 = parse_address("fd00:1::6")
KEY = FlowKey(CLIENT, SERVER, 40000, 8080, 6, Opener.ENDPOINT)


def operations_of(folder: Path, *applies: str) -> list[tuple[Operation, ...]]:
    """The transactions of some `apply` steps."""
    steps = steps_of(folder, "".join(f"- apply: {apply}\n" for apply in applies))
    return [step.operations for step in steps if isinstance(step, OperationStep)]


def backends_of(operations: tuple[Operation, ...]) -> tuple[Backend, ...]:
    (operation,) = operations
    assert isinstance(operation, PutService)
    assert (operation.service.identifier, operation.service.name) == (1, "web")
    return operation.service.backends


def test_a_backend_keeps_its_identifier_while_it_stays(tmp_path: Path) -> None:
    one, six = Backend(1, SERVER, 8080), Backend(2, SERVER6, 8080)
    two = Backend(3, OTHER, 8080)
    found = operations_of(
        tmp_path,
        "[{change: {backends: {web: {one: {state: terminating}}}}}]",
        "[{remove: {backends: {web: [two]}}}]",
        "[{add: {backends: {web: {two: {ipv4: 10.0.2.9, port: 8080}}}}}]",
        "[{change: {services: {web: {algorithm: random}}}}]",
        "[{replace: {services: {web: {backends: {a: {ipv4: 10.0.2.9, port: 8080}}}}}}]",
        "[{change: {backends: {web: {a: {port: 81}}}}}]",
    )
    terminating = BackendState.TERMINATING
    ending = (replace(one, state=terminating), replace(six, state=terminating))
    assert [backends_of(operations) for operations in found] == [
        (*ending, two),
        ending,
        (*ending, replace(two, identifier=4)),
        (*ending, replace(two, identifier=4)),
        (replace(two, identifier=4),),
        (Backend(5, OTHER, 81),),
    ]


def test_a_change_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    change, put = operations_of(
        tmp_path,
        "[{change: {endpoints: {client: {isolated: [ingress]}}}}]",
        "[{replace: {endpoints: {client: {identity: world, ipv4: 10.0.1.99}}}}]",
    )
    (first,), (second,) = change, put
    assert isinstance(first, PutEndpoint)
    assert isinstance(second, PutEndpoint)
    assert first.endpoint.isolated == {Direction.INGRESS}
    assert (first.endpoint.ipv4, first.endpoint.identity) == (CLIENT, 100)
    assert (second.endpoint.ipv6, second.endpoint.isolated) == (None, frozenset())
    assert (second.endpoint.identifier, second.endpoint.interface) == (1, 10)


def test_one_transaction_has_its_operations_in_order(tmp_path: Path) -> None:
    (found,) = operations_of(
        tmp_path,
        "[{add: {prefixes: {10.3.0.0/16: database}}}, {replace: {prefixes: {10.3.0.0/16: host}}},"
        " {remove: {prefixes: [10.3.0.0/16], endpoints: [server], services: [web]}},"
        " {configure: {pick_up_mid_stream: false}}]",
    )
    network = Network.parse("10.3.0.0/16")
    assert [type(one) for one in found] == [
        PutIdentity,
        PutIdentity,
        RemoveService,
        RemoveIdentity,
        RemoveEndpoint,
        SetConfiguration,
    ]
    assert found[2:] == (
        RemoveService(1),
        RemoveIdentity(network),
        RemoveEndpoint(2),
        SetConfiguration(replace(Configuration(), pick_up_mid_stream=False)),
    )


def test_a_rule_keeps_its_numbers_when_it_is_replaced(tmp_path: Path) -> None:
    add, put, remove, again = operations_of(
        tmp_path,
        "[{add: {rules: {r: client allows egress to cidr lan}}}]",
        "[{replace: {rules: {r: client denies egress to cidr 10.0.0.0/8}}}]",
        "[{remove: {rules: [r]}}]",
        "[{add: {rules: {r: client allows egress to any}}}]",
    )
    assert [one.rule.identifier for one in add if isinstance(one, PutRule)] == [1, 2]
    assert put[0] == RemoveRule(2)
    assert isinstance(put[1], PutRule)
    assert put[1].rule.identifier == 1
    assert put[1].rule.peer == CidrPeer(Network.parse("10.0.0.0/8"))
    assert remove == (RemoveRule(1),)
    assert isinstance(again[0], PutRule)
    assert again[0].rule.identifier == 3


def test_rules_go_with_their_endpoint(tmp_path: Path) -> None:
    remove, add = operations_of(
        tmp_path,
        "[{add: {rules: {r: client allows egress to any}}}, {remove: {endpoints: [client]}}]",
        "[{add: {rules: {r: server allows egress to any}}}]",
    )
    assert remove[1] == RemoveEndpoint(1)
    assert isinstance(add[0], PutRule)


def test_names_outlive_what_they_name(tmp_path: Path) -> None:
    steps = steps_of(
        tmp_path,
        """\
        - apply: [{remove: {endpoints: [client], services: [web]}}]
        - {from: client, packet: 'IP(dst="web")/ICMP()'}
        """,
    )
    assert len(steps) == 2


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1ns", 1),
        ("2us", 2_000),
        ("3ms", 3_000_000),
        ("1.5s", 1_500_000_000),
        ("2m", 120 * SECOND),
        ("1h", 3600 * SECOND),
        ("tcp_opening", 60 * SECOND),
        ("tcp_established - 1ns", 8000 * SECOND - 1),
        ("tcp_closing+1ns", 10 * SECOND + 1),
        ("1m + 2s - 3ms", 62 * SECOND - 3_000_000),
        ("fragment - other + 30s", 0),
    ],
)
def test_spans_of_time(tmp_path: Path, text: str, nanoseconds: int) -> None:
    (step,) = steps_of(tmp_path, f"- advance: {text}\n")
    assert isinstance(step, ClockStep)
    assert step.advance == nanoseconds


def test_named_timeouts_are_the_configured_ones(tmp_path: Path) -> None:
    steps = steps_of(
        tmp_path,
        "- apply: [{configure: {timeouts: {other: 7s}}}]\n- advance: other\n- collect: true\n",
    )
    assert isinstance(steps[1], ClockStep)
    assert steps[1].advance == 7 * SECOND
    assert isinstance(steps[2], CollectStep)


def test_entries_to_begin_with(tmp_path: Path) -> None:
    entries = """\
entries:
  - {flow: "client:40000 > server:8080 tcp", expires: 5s, established: true, service: web,
     service_address: web, service_port: 80, load_balanced: true}
  - {selection: "client:40000 > web:80 tcp", service: 1, backend: web/one}
  - {flow: "client:7 < server:8/0 icmp", expires: 0s - 1ns, service_address: none}
"""
    text = scenario_text("- advance: 1s\n", entries)
    (scenario,) = load_text(tmp_path, text)
    balanced = Flow(
        START_CLOCK + 5 * SECOND,
        established=True,
        load_balanced=True,
        service=1,
        service_address=WEB,
        service_port=80,
    )
    service_key = FlowKey(CLIENT, WEB, 40000, 80, 6, Opener.ENDPOINT)
    ping_key = FlowKey(CLIENT, SERVER, 7, 0x0800, 1, Opener.PEER)
    assert scenario.topology[-3:] == (
        PutEntry(KEY, balanced),
        PutEntry(service_key, Selection(1, 1)),
        PutEntry(ping_key, Flow(START_CLOCK - 1)),
    )


def test_entries_later_count_from_then(tmp_path: Path) -> None:
    steps = steps_of(
        tmp_path,
        """\
        - advance: 3s
        - apply:
            - add: {entries: [{flow: "client:40000 > server:8080 tcp", expires: other}]}
            - remove: {entries: ["client:40000 > server:8080 tcp"]}
        """,
    )
    assert isinstance(steps[1], OperationStep)
    expires = START_CLOCK + 63 * SECOND
    assert steps[1].operations == (PutEntry(KEY, Flow(expires)), RemoveEntry(KEY))


def test_an_expectation(tmp_path: Path) -> None:
    expect = """
      verdict: redirect
      reason: no_backend
      fields: {IP.dst: server, TCP.flags: SA, IP#2.id: 0x10, Ether.src: 02:FF:00:00:00:01,
               Raw.load: "\\x00x", UDPerror.dport: 5}
      entries:
        - {flow: "client:40000 > server:8080 tcp", expires: 60s, opener_bytes: 40}
        - {selection: "client:40000 > server:8080 tcp", service: web, backend: web/two}
        - {absent: "client:40000 > server:8080 tcp"}
    """
    found = expectation_of(tmp_path, expect)
    assert (found.verdict, found.reason) == (Verdict.REDIRECT, Reason.NO_BACKEND)
    assert {(one.layer, one.field): one.value for one in found.fields} == {
        ("IP", "dst"): "10.0.1.6",
        ("TCP", "flags"): "SA",
        ("IP#2", "id"): 16,
        ("Ether", "src"): "02:ff:00:00:00:01",
        ("Raw", "load"): b"\x00x",
        ("UDPerror", "dport"): 5,
    }
    assert [entry.key for entry in found.entries] == [KEY] * 3
    assert [entry.fields for entry in found.entries] == [
        (("expires", START_CLOCK + 60 * SECOND), ("opener_bytes", 40)),
        (("service", 1), ("backend", 3)),
        None,
    ]
