"""The tester itself: it agrees where it must, and says so where it must not."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from harness.commands.options import REPOSITORY
from harness.lockstep.engine import Lockstep
from harness.mutate.child import in_child
from harness.mutate.gate import load_gate
from harness.mutate.mutant import Side
from harness.mutate.mutated_model import install
from harness.reference import ModelReference
from harness.step import PacketStep, Scenario
from model.domain.limits import UNLIMITED
from model.domain.packet import Outcome, Packet, Verdict
from tests.mutate.mutants import mutant

LIMIT = 120.0


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return load_gate([REPOSITORY / "corpora" / "scenarios"])


class DropsEverything(ModelReference):
    """A datapath for which nothing passes."""

    def process(self, packet: Packet) -> Outcome:
        return replace(super().process(packet), verdict=Verdict.DROP, data=packet.data)


class PassesEverything(ModelReference):
    """A datapath that lets everything pass as it is."""

    def process(self, packet: Packet) -> Outcome:
        return Outcome(Verdict.PASS, packet.data, packet.context, ())


def diverging(scenarios: list[Scenario], subject: ModelReference) -> set[str]:
    """Names of the scenarios in which something differs.

    Without those about eviction: which entries the kernel evicts no model foretells (CT-12).
    """
    lockstep = Lockstep(ModelReference(), subject)
    return {one.name for one in scenarios if not evicts(one) and lockstep.run(one).divergences}


def evicts(scenario: Scenario) -> bool:
    """Whether full tables evict in a scenario."""
    return scenario.limits != UNLIMITED and not scenario.limits.refuse


def without_expectations(scenario: Scenario) -> Scenario:
    steps = tuple(
        replace(step, expectation=None) if isinstance(step, PacketStep) else step
        for step in scenario.steps
    )
    return replace(scenario, steps=steps)


def test_the_model_agrees_with_itself_on_everything(scenarios: list[Scenario]) -> None:
    assert diverging(scenarios, ModelReference()) == set()


@pytest.mark.parametrize(
    ("path", "text", "becomes"),
    [
        ("passage.py", "self.now >= entry.expires", "self.now > entry.expires"),
        ("tcp.py", "flow.opener_closing and flow.reply_closing", "flow.opener_closing"),
        ("affinity.py", "Affinity(affinity.backend, passage.now)", "affinity"),
        ("policy.py", "return rule.priority, rule.verdict", "return rule.verdict, rule.priority"),
        ("collector.py", "datagram.expires <= now", "datagram.expires < now"),
        ("observe.py", "return switches.selections", "return not switches.selections"),
    ],
)
def test_the_model_does_not_agree_with_a_mutated_one(
    scenarios: list[Scenario], path: str, text: str, becomes: str
) -> None:
    given = mutant(path, text, becomes, Side.MODEL)

    def against_mutated() -> dict[str, object]:
        install(given.path, given.mutated)
        mutated = import_module("harness.reference").ModelReference()
        return {"names": sorted(diverging(scenarios, mutated))}

    assert in_child(against_mutated, LIMIT)["names"]


def test_no_scenario_is_vacuous(scenarios: list[Scenario]) -> None:
    """Each notices at least one of two datapaths that do not look at packets at all."""
    bare = [without_expectations(one) for one in scenarios]
    noticed = diverging(bare, DropsEverything()) | diverging(bare, PassesEverything())
    assert {one.name for one in scenarios if not evicts(one)} - noticed == set()


def test_authors_expectations_alone_notice_as_well(scenarios: list[Scenario]) -> None:
    """Where an author expects a packet to pass or be redirected, a dropping datapath fails."""
    passing = [
        one
        for one in scenarios
        if any(
            isinstance(step, PacketStep)
            and step.expectation is not None
            and step.expectation.verdict not in (None, Verdict.DROP)
            for step in one.steps
        )
    ]
    assert passing
    assert {one.name for one in passing if not evicts(one)} <= diverging(passing, DropsEverything())
