"""Scenario texts for the tests, read from files as users have them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from harness.scenario.load import load_scenarios
from harness.step import Expectation, PacketStep, Scenario, Step

TOPOLOGY = """\
identities: [frontend, database]
peers:
  outsider: {ipv4: 203.0.113.7, ipv6: "2001:db8::7"}
networks:
  lan: {ipv4: 10.0.0.0/8, ipv6: "fd00::/16"}
endpoints:
  client: {identity: frontend, ipv4: 10.0.1.5, ipv6: "fd00:1::5"}
  server: {identity: database, ipv4: 10.0.1.6, ipv6: "fd00:1::6"}
services:
  web:
    frontends:
      - {ipv4: 10.96.0.10, ipv6: "fd00:96::a", port: 80}
      - {kind: node_port, ipv4: 192.168.0.1, port: 30080}
    backends:
      one: {endpoint: server, port: 8080}
      two: {ipv4: 10.0.2.9, port: 8080}
"""

PING = 'IP(dst="outsider")/ICMP(id=7)'


def scenario_text(steps: str, head: str = "") -> str:
    """A scenario with the usual topology."""
    topology = indent(TOPOLOGY, "  ")
    return f"{dedent(head)}topology:\n{topology}steps:\n{indent(dedent(steps), '  ')}"


def load_text(folder: Path, text: str) -> list[Scenario]:
    """The scenarios of a text."""
    file = folder / "case.yaml"
    file.write_text(text, encoding="utf-8")
    return load_scenarios(file)


def steps_of(folder: Path, steps: str, head: str = "") -> list[Step]:
    """The steps of the only scenario of a text with the usual topology."""
    (scenario,) = load_text(folder, scenario_text(steps, head))
    return list(scenario.steps)


def packet_of(folder: Path, step: str, head: str = "") -> PacketStep:
    """The only step of a text, a packet."""
    (found,) = steps_of(folder, step, head)
    assert isinstance(found, PacketStep)
    return found


def frame_of(folder: Path, notation: str, side: str = "from", head: str = "") -> bytes:
    """The frame of a packet in notation."""
    return packet_of(folder, f"- {side}: client\n  packet: {notation}\n", head).packet.data


def expectation_of(folder: Path, expect: str, head: str = "", packet: str = PING) -> Expectation:
    """The expectation of a packet step."""
    step = f"- from: client\n  packet: {packet}\n  expect: {expect}\n"
    found = packet_of(folder, step, head).expectation
    assert found is not None
    return found
