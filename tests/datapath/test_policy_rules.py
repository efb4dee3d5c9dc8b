"""The kernel's verdict by the compiled policy is the rules' own, judged one by one (POL-7).

100 rule sets as they come; 10,000 with `pytest --hypothesis-profile thorough` and this file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from harness.compare.outcome import compare_outcomes
from harness.datapath.bench import Bench
from harness.datapath.control_plane import port_table, rule_index
from harness.datapath.control_plane.peer_space import PeerSpace
from harness.datapath.subject import KernelSubject
from harness.lockstep.free_choice import always
from harness.reference import ModelReference
from model.domain.event import PolicyVerdictEvent
from model.domain.packet import Outcome, Verdict
from model.domain.policy import HOST_RULE, NO_RULE
from tests.datapath.policy_rules import RuleSet, rule_sets
from tests.metamorphic.fault import Fault
from tests.metamorphic.search import is_refuted

NOW = 1_000_000_000_000
ENOUGH = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MOST = 300
"""Rule sets within which each fault has to be found."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


@pytest.fixture(scope="module")
def subject(bench: Bench) -> KernelSubject:
    return bench.open()


def judged(subject: KernelSubject, rules: RuleSet) -> Iterator[tuple[Outcome, Outcome]]:
    """What becomes of each packet, by the rules and by the kernel."""
    reference = ModelReference()
    subject.reset()
    for side in (reference, subject):
        side.set_clock(NOW)
        side.apply(rules.operations)
    for packet in rules.packets():
        prediction = reference.predict(packet, always(0))
        reference.commit(prediction)
        outcome = subject.process(packet)
        assert isinstance(outcome, Outcome)
        yield prediction.outcome, outcome


def agree(subject: KernelSubject, rules: RuleSet) -> None:
    """All verdicts agree, and the rules and identities that events name for them."""
    for expected, outcome in judged(subject, rules):
        assert not compare_outcomes(expected, outcome)


@pytest.mark.clause(hits=["POL-1", "POL-1a", "POL-2", "POL-7"])
@ENOUGH
@given(rule_sets())
def test_the_kernel_decides_as_the_rules_do(subject: KernelSubject, rules: RuleSet) -> None:
    agree(subject, rules)


def test_packets_meet_every_kind_of_decision(subject: KernelSubject) -> None:
    """Else the test above would show little."""
    decided: Counter[tuple[str, Verdict, int]] = Counter()

    @settings(ENOUGH, max_examples=100)
    @given(rule_sets())
    def count(rules: RuleSet) -> None:
        for expected, _ in judged(subject, rules):
            for event in expected.events:
                if isinstance(event, PolicyVerdictEvent):
                    rule = {NO_RULE: "none", HOST_RULE: "host"}.get(event.rule, "rule")
                    decided[rule, expected.verdict, len(event.packet.source)] += 1

    count()
    for family in (4, 16):
        for rule in ("none", "rule"):
            for verdict in (Verdict.PASS, Verdict.DROP):
                assert decided[rule, verdict, family] >= 50
        assert decided["host", Verdict.PASS, family] >= 1


IN_THE_DATAPATH = [
    Fault(
        "policy.h",
        "policy_step(policy_step(entry, port >> 8), port & 0xff)",
        "policy_step(policy_step(entry, port >> 8 & 0x7f), port & 0xff)",
        "ports from 32768 on are judged as lower ones",
    ),
    Fault(
        "policy.h",
        "if (tables || !key.peer_class)",
        "if (true)",
        "peers that no rule names escape the rules for any peer",
    ),
    Fault(
        "policy.h",
        "case PROTOCOL_ICMPV6:\n\t\treturn POLICY_TABLE_ICMPV6;",
        "case PROTOCOL_ICMPV6:\n\t\treturn POLICY_TABLE_ICMP;",
        "ICMPv6 is judged by the rules for ICMP",
    ),
]


@pytest.mark.parametrize("fault", IN_THE_DATAPATH, ids=lambda fault: fault.meaning)
def test_a_fault_in_the_datapath_is_found(bench: Bench, tmp_path: Path, fault: Fault) -> None:
    faulty = bench.open(fault.plant(tmp_path / "bpf"))
    try:
        is_refuted(lambda rules: agree(faulty, rules), rule_sets(), MOST)
    finally:
        faulty.close()


def ranges_end_early(patch: pytest.MonkeyPatch) -> None:
    whole = port_table.Span
    patch.setattr(rule_index, "Span", lambda a, b, entry: whole(a, max(a, b - 1), entry))


def allow_beats_deny(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        rule_index, "_precedence", lambda rule: (rule.priority, -rule.verdict, rule.identifier)
    )


def exceptions_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    attach = PeerSpace._attach

    def without(self: PeerSpace, places: object, *rest: Any) -> None:
        if places is not self._excepted:
            attach(self, places, *rest)  # type: ignore[arg-type] # as it came

    patch.setattr(PeerSpace, "_attach", without)


@pytest.mark.parametrize("fault", [ranges_end_early, allow_beats_deny, exceptions_are_forgotten])
def test_a_fault_in_the_compiler_is_found(
    subject: KernelSubject,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None],
) -> None:
    with monkeypatch.context() as patch:
        fault(patch)
        is_refuted(lambda rules: agree(subject, rules), rule_sets(), MOST)
