"""One file for both families: packets are translated as RFC 7915 says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scapy.layers import inet6
from scapy.layers.inet6 import IPv6

from harness.step import ClockStep, PacketStep, Scenario
from model.domain.address import Family
from model.domain.flow import FlowKey, Opener
from model.domain.protocol import ICMPV6
from tests.scenario.files import PING, load_text, scenario_text

BOTH = "families: [ipv4, ipv6]\n"
CLIENT6, SERVER6, WEB6 = "fd00:1::5", "fd00:1::6", "fd00:96::a"


def both(folder: Path, notation: str, more: str = "") -> tuple[PacketStep, PacketStep]:
    """A packet's step in both families."""
    text = scenario_text(f"- from: client\n  packet: {notation}\n{more}", BOTH)
    steps = [next(iter(scenario.steps)) for scenario in load_text(folder, text)]
    first, second = steps
    assert isinstance(first, PacketStep)
    assert isinstance(second, PacketStep)
    return first, second


def test_a_file_is_a_scenario_for_each_family(tmp_path: Path) -> None:
    text = scenario_text(f"- {{from: client, packet: '{PING}'}}\n", BOTH + "name: x\n")
    found = load_text(tmp_path, text)
    assert [(scenario.name, scenario.family) for scenario in found] == [
        ("x[ipv4]", Family.IPV4),
        ("x[ipv6]", Family.IPV6),
    ]
    assert found[0].topology == found[1].topology


@pytest.mark.parametrize(
    ("notation", "counterpart"),
    [
        (
            'IP(dst="web", ttl=3, tos=0x2c, id=9, flags="DF")/UDP(sport=1, dport=2)/"x"',
            IPv6(src=CLIENT6, dst=WEB6, hlim=3, tc=0x2C) / inet6.UDP(sport=1, dport=2) / b"x",
        ),
        (
            'IP(dst="web", id=9, flags="MF")/UDP(sport=1, dport=2)',
            IPv6(src=CLIENT6, dst=WEB6)
            / inet6.IPv6ExtHdrFragment(m=1, id=9)
            / inet6.UDP(sport=1, dport=2),
        ),
        (
            'IP(dst="web", id=9, frag=3, proto=17)/"rest"',
            IPv6(src=CLIENT6, dst=WEB6) / inet6.IPv6ExtHdrFragment(nh=17, offset=3, id=9) / b"rest",
        ),
        ('IP(dst="web", proto=47)/"x"', IPv6(src=CLIENT6, dst=WEB6, nh=47) / b"x"),
        (
            'IP(dst="web")/ICMP(id=7, seq=2)/"x"',
            IPv6(src=CLIENT6, dst=WEB6) / inet6.ICMPv6EchoRequest(id=7, seq=2) / b"x",
        ),
        (
            'IP(dst="web")/ICMP(type="echo-reply", id=7)',
            IPv6(src=CLIENT6, dst=WEB6) / inet6.ICMPv6EchoReply(id=7),
        ),
        (
            'IP(dst="web")/ICMP(type=3, code=3)/IP(src="web", dst="client")/UDP(sport=1, dport=2)',
            IPv6(src=CLIENT6, dst=WEB6)
            / inet6.ICMPv6DestUnreach(code=4)
            / IPv6(src=WEB6, dst=CLIENT6)
            / inet6.UDP(sport=1, dport=2),
        ),
        (
            'IP(dst="web")/ICMP(type=3, code=4, nexthopmtu=1400)/IP(src="web", dst="client")',
            IPv6(src=CLIENT6, dst=WEB6)
            / inet6.ICMPv6PacketTooBig(mtu=1400)
            / IPv6(src=WEB6, dst=CLIENT6),
        ),
        (
            'IP(dst="web")/ICMP(type=11)/IP(src="web", dst="client")/ICMP(id=3)',
            IPv6(src=CLIENT6, dst=WEB6)
            / inet6.ICMPv6TimeExceeded()
            / IPv6(src=WEB6, dst=CLIENT6)
            / inet6.ICMPv6EchoRequest(id=3),
        ),
        (
            'IP(dst="web")/ICMP(type=3, code=2)/IP(src="web", dst="client")',
            IPv6(src=CLIENT6, dst=WEB6)
            / inet6.ICMPv6ParamProblem(code=1)
            / IPv6(src=WEB6, dst=CLIENT6),
        ),
        (
            'IPv6(dst="fd00::9", hlim=9)/TCP(sport=5)',
            IPv6(src=CLIENT6, dst="fd00::9", hlim=9) / inet6.TCP(sport=5),
        ),
    ],
)
def test_translation(tmp_path: Path, notation: str, counterpart: Any) -> None:
    frame = both(tmp_path, notation)[1].packet.data
    assert frame[14:] == bytes(counterpart)


@pytest.mark.parametrize("code", [0, 1, 5, 6, 7, 8, 11, 12])
def test_unreachable_codes_that_mean_no_route(tmp_path: Path, code: int) -> None:
    notation = f'IP(dst="web")/ICMP(type=3, code={code})/IP(src="web", dst="client")'
    assert both(tmp_path, notation)[1].packet.data[54:56] == bytes((1, 0))


@pytest.mark.parametrize("code", [9, 10, 13, 15])
def test_unreachable_codes_that_mean_prohibited(tmp_path: Path, code: int) -> None:
    notation = f'IP(dst="web")/ICMP(type=3, code={code})/IP(src="web", dst="client")'
    assert both(tmp_path, notation)[1].packet.data[54:56] == bytes((1, 1))


def test_expectations_are_translated_with_the_packet(tmp_path: Path) -> None:
    expect = """\
      expect:
        fields: {IP.dst: server, IP.ttl: 63, ICMP.id: 7, IPerror.src: web}
        entries: [{flow: "client:7 > server:8/0 icmp"}]
    """
    steps = both(tmp_path, PING, "\n".join(line[4:] for line in expect.splitlines()) + "\n")
    first, second = (step.expectation for step in steps)
    assert first is not None
    assert second is not None
    found = [(field.layer, field.field, field.value) for field in second.fields]
    assert found == [
        ("IPv6", "dst", SERVER6),
        ("IPv6", "hlim", 63),
        ("ICMPv6EchoRequest", "id", 7),
        ("IPerror6", "src", WEB6),
    ]
    assert [field.layer for field in first.fields] == ["IP", "IP", "ICMP", "IPerror"]
    key = second.entries[0].key
    assert (key.peer_port, key.protocol, key.opener) == (0x8000, ICMPV6, Opener.ENDPOINT)
    assert first.entries[0].key.peer_port == 0x0800


def test_steps_for_one_family_alone(tmp_path: Path) -> None:
    steps = "- {advance: 1s, only: ipv4}\n- {advance: 2s, only: ipv6}\n- advance: 3s\n"
    spans: list[list[int]] = []
    for scenario in load_text(tmp_path, scenario_text(steps, BOTH)):
        assert isinstance(scenario, Scenario)
        spans.append([step.advance for step in scenario.steps if isinstance(step, ClockStep)])
    second = 1_000_000_000
    assert spans == [[second, 3 * second], [2 * second, 3 * second]]


def test_keys_of_either_family_in_one_file(tmp_path: Path) -> None:
    expect = 'expect: {entries: [{absent: "[fd00:1::5]:1 < [fd00::2]:0 1"}]}'
    text = scenario_text(f"- {{from: client, packet: '{PING}', {expect}}}\n")
    (scenario,) = load_text(tmp_path, text)
    (step,) = scenario.steps
    assert isinstance(step, PacketStep)
    assert step.expectation is not None
    key = step.expectation.entries[0].key
    assert isinstance(key, FlowKey)
    assert (key.family, key.protocol, key.opener) == (Family.IPV6, 1, Opener.PEER)
