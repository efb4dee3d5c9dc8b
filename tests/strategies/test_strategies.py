"""Strategies: what they draw can be carried out, reaches far, and shrinks to little."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import find, given, settings

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import PacketStep, Scenario
from harness.strategies import frames, packets, scenarios, topologies
from model.domain.event import Hook
from model.domain.packet import Packet

DOCUMENT = Path(__file__).parents[2] / "docs" / "strategies.md"


def both() -> Lockstep:
    return Lockstep(ModelReference(), ModelReference())


@settings(max_examples=40)
@given(scenario=scenarios())
def test_every_scenario_can_be_carried_out(scenario: Scenario) -> None:
    result = both().run(scenario)
    assert result.steps == len(tuple(scenario.steps))
    assert not result.divergences or scenario.limits.evict


def test_scenarios_reach_far() -> None:
    """Flows and their replies, services, policy, fragments and errors come up by themselves."""
    reached: Counter[str] = Counter()

    @settings(max_examples=100)
    @given(scenario=scenarios(40))
    def look(scenario: Scenario) -> None:
        reached.update(both().run(scenario).reasons)

    look()
    assert {"new", "established", "reply", "related", "policy_denied", "no_backend"} <= set(reached)
    assert {"fragment_not_found", "mid_stream"} <= set(reached)


def test_a_failing_scenario_shrinks_to_little() -> None:
    """To one pod and one packet that leaves it."""

    def has_a_packet(scenario: Scenario) -> bool:
        return any(isinstance(step, PacketStep) for step in scenario.steps)

    least = find(scenarios(), has_a_packet, settings=settings(max_examples=500))
    assert len(least.topology) == 1
    (step,) = least.steps
    assert isinstance(step, PacketStep)
    assert step.packet.hook is Hook.FROM_CONTAINER


@settings(max_examples=80)
@given(packet=topologies().flatmap(packets))
def test_packets_are_what_their_headers_say(packet: Packet) -> None:
    """Built from headers, they read as headers that build them."""
    headers = parse_frame(packet.data)
    assert headers is not None
    assert build_frame(headers, packet.hook, packet.interface) == packet.data


@settings(max_examples=80)
@given(frame=frames())
def test_damaged_frames_still_run(frame: bytes) -> None:
    assert len(frame) >= 14
    ModelReference().process(Packet(Hook.FROM_CONTAINER, 10, frame))


def test_the_documented_example_runs() -> None:
    """Each Python block of the page, one after the other; each has a test that is called."""
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    tests = 0
    for block in blocks:
        exec(compile(block, str(DOCUMENT), "exec"), names)  # noqa: S102 - our own page
        for name in re.findall(r"^def (test_\w+)", block, re.MULTILINE):
            test = names[name]
            assert callable(test)
            test()
            tests += 1
    assert tests == len(blocks) > 0


@pytest.mark.parametrize("payload", [0, 3])
def test_headers_come_back_from_their_frame(payload: int) -> None:
    given_headers = Headers(bytes(4), bytes((1, 2, 3, 4)), 6, 1, 2, tcp_flags=0x12, payload=payload)
    frame = build_frame(given_headers, Hook.TO_CONTAINER, 3)
    assert parse_frame(frame) == given_headers


def test_what_is_exported_is_what_the_page_lists() -> None:
    import harness.strategies as library  # noqa: PLC0415 - a look at the module itself

    listed = set(re.findall(r"^\| `(\w+)", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    assert listed == set(library.__all__)
    assert all(hasattr(library, name) for name in listed)
