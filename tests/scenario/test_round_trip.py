"""A scenario that is written and read again has the same steps; packets are readable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
)
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.layers.sctp import SCTP, SCTPChunkData, SCTPChunkInit

from harness.scenario.document import parse_document
from harness.scenario.load import scenarios_of
from harness.scenario.write import write_scenario
from harness.scenario.writer.error import WriteError
from harness.step import (
    START_CLOCK,
    ClockStep,
    CollectStep,
    EntryExpectation,
    Expectation,
    FieldExpectation,
    OperationStep,
    PacketStep,
    Scenario,
    Step,
)
from model.domain.address import Family
from model.domain.configuration import Configuration
from model.domain.endpoint import Direction, Endpoint
from model.domain.event import Hook
from model.domain.flow import FlowKey, Opener
from model.domain.operation import (
    PutEndpoint,
    PutRule,
    SetConfiguration,
)
from model.domain.packet import Context, Packet, Verdict
from model.domain.policy import (
    PolicyRule,
    RuleVerdict,
)
from model.domain.reason import Reason
from tests.scenario.transactions import World, configurations

MACS = {"src": "02:00:00:00:00:0a", "dst": "02:ff:00:00:00:01"}
SIDES = {"src": "10.0.1.5", "dst": "10.0.1.6"}
SIDES6 = {"src": "fd00:1::5", "dst": "fd00:1::6"}

FRAMES = [
    bytes(Ether(**MACS) / layers)
    for layers in (
        IP(**SIDES)
        / TCP(sport=1, dport=2, options=[("MSS", 1460), ("NOP", None), ("WScale", 7)])
        / b"x",
        IP(**SIDES, chksum=7, len=99) / UDP(sport=1, dport=2, chksum=0) / b"xyz",
        IP(**SIDES) / ICMP(type=3, code=3) / IP(**SIDES) / UDP(sport=1, dport=2, chksum=5),
        IP(**SIDES) / ICMP(type=11) / IP(**SIDES, len=1500) / b"12345678",
        IP(**SIDES, flags="MF", id=4) / b"fragment",
        IP(**SIDES) / SCTP(sport=1, dport=2) / SCTPChunkInit(init_tag=9) / SCTPChunkData(data=b"x"),
        IPv6(**SIDES6) / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"12")]) / TCP(flags="SA"),
        IPv6(**SIDES6) / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting(addresses=["fd00::7"]) / UDP(),
        IPv6(**SIDES6) / IPv6ExtHdrFragment(m=1, id=3) / ICMPv6EchoRequest(id=4, data=b"data"),
        IPv6(**SIDES6) / ICMPv6ND_NS(tgt="fd00:1::9"),
        ARP(hwsrc=MACS["src"], psrc="10.0.1.5", pdst="10.0.1.1"),
        Dot1Q(vlan=7) / IP(**SIDES) / UDP(),
        b"no protocol at all",
    )
]
"""One of each kind that the notation knows; the tests damage them."""

CLIENT, SERVER = bytes((10, 0, 1, 5)), bytes((10, 0, 1, 6))
SERVER6 = bytes.fromhex("fd0000010000000000000000000000" + "06")
SECOND = 1_000_000_000


def read_again(text: str) -> Scenario:
    (scenario,) = scenarios_of(Path("written.yaml"), parse_document(text, "written.yaml"))
    return scenario


def bare(steps: object) -> list[Step]:
    """Steps without their origin, which a written file cannot keep."""
    assert isinstance(steps, tuple)
    return [replace(step, origin="") for step in steps]


def round_trip(scenario: Scenario) -> str:
    """The text of a scenario, once it is shown to read as the same scenario."""
    text = write_scenario(scenario)
    again = read_again(text)
    assert bare(again.steps) == bare(scenario.steps)
    assert again.topology == scenario.topology
    assert again.family is scenario.family
    assert write_scenario(again) == text
    return text


def packet_scenario(frame: bytes, hook: Hook = Hook.FROM_CONTAINER) -> Scenario:
    endpoint = PutEndpoint(Endpoint(1, "client", 10, 2, CLIENT))
    return Scenario("one", "", (endpoint,), (PacketStep(Packet(hook, 10, frame)),))


@pytest.mark.parametrize("index", range(len(FRAMES)))
def test_whole_packets_are_written_in_notation(index: int) -> None:
    text = round_trip(packet_scenario(FRAMES[index]))
    assert "hex:" not in text


def test_what_scapy_fills_in_is_left_out() -> None:
    text = round_trip(packet_scenario(FRAMES[0]))
    line = next(line.strip() for line in text.splitlines() if "packet:" in line)
    assert line == (
        'packet: IP(src="client", dst="10.0.1.6")'
        "/TCP(sport=1, dport=2, flags=\"S\", options=[('MSS', 1460), ('NOP', None), ('WScale', 7)])"
        "/Raw(load=b'x')"
    )


@settings(max_examples=150, deadline=None)
@given(
    frame=st.sampled_from(FRAMES),
    flips=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=3),
    length=st.integers(14, 200),
    hook=st.sampled_from(Hook),
)
def test_damaged_packets_are_the_same_again(
    frame: bytes, flips: list[tuple[int, int]], length: int, hook: Hook
) -> None:
    damaged = bytearray(frame[:length])
    for offset, value in flips:
        if offset < len(damaged):
            damaged[offset] = value
    round_trip(packet_scenario(bytes(damaged), hook))


@settings(max_examples=60, deadline=None)
@given(frame=st.binary(min_size=14, max_size=90))
def test_any_bytes_are_the_same_again(frame: bytes) -> None:
    round_trip(packet_scenario(frame))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 12), configuration=configurations())
def test_transactions_are_the_same_again(
    seed: int, length: int, configuration: Configuration
) -> None:
    world = World(seed)
    steps: list[Step] = [OperationStep((SetConfiguration(configuration),))]
    for index in range(length):
        count = world.random.randint(0, 3)
        steps.append(OperationStep(tuple(world.operation() for _ in range(count))))
        if index % 3 == 0:
            steps += [ClockStep(world.random.randint(0, 10**14)), CollectStep()]
    round_trip(Scenario("transactions", "", (), tuple(steps)))


@pytest.mark.parametrize("family", [None, Family.IPV4, Family.IPV6])
def test_expectations_context_and_family(family: Family | None) -> None:
    key = FlowKey(CLIENT, SERVER, 1, 2, 6, Opener.PEER)
    key6 = FlowKey(SERVER6, SERVER6, 7, 0x8000, 58, Opener.ENDPOINT)
    expectation = Expectation(
        Verdict.REDIRECT,
        Reason.REJECTED,
        (FieldExpectation("IPv6", "dst", "fd00:1::6"), FieldExpectation("Raw", "load", b"a\x00")),
        (
            EntryExpectation(key, (("expires", START_CLOCK + 5), ("opener_bytes", 3))),
            EntryExpectation(key6, (("service", 1), ("backend", 9))),
            EntryExpectation(key, None),
        ),
    )
    context = Context(1, 2, (3, 4, 5, 6, 7))
    packets = tuple(
        PacketStep(Packet(hook, interface, frame, context), "", "a note: with colon", expectation)
        for frame in FRAMES
        for hook, interface in ((Hook.FROM_CONTAINER, 10), (Hook.TO_CONTAINER, 77))
    )
    topology = (
        PutEndpoint(Endpoint(1, "client", 10, 300, CLIENT)),
        PutEndpoint(Endpoint(3, "server", 12, 300, SERVER, SERVER6)),
    )
    suffix = f"[{family.name.lower()}]" if family else ""
    text = round_trip(
        Scenario(f"all{suffix}", "", topology, packets, family, "What: it is", ("CT-5", "LB-3a"))
    )
    again = read_again(text)
    assert again.name == f"all{suffix}"
    assert (again.description, again.clauses) == ("What: it is", ("CT-5", "LB-3a"))


def test_what_the_format_cannot_say_is_refused() -> None:
    rule = PolicyRule(1, 7, Direction.EGRESS, 1, RuleVerdict.ALLOW)
    with pytest.raises(WriteError, match="nothing has the identifier 7"):
        write_scenario(Scenario("x", "", (PutRule(rule),), ()))


def test_a_name_that_the_format_does_not_allow_is_made_one() -> None:
    text = write_scenario(Scenario("capture.pcap#7 ä", "", (), (CollectStep(),)))
    assert read_again(text).name == "capture.pcap_7__"
