"""What a session's recorder writes of scenarios on two sides in user space."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.findings import Circumstances, investigate
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.step import ClockStep, Scenario
from harness.store.reader import latest_run
from harness.store.recorder import Recorder
from harness.store.records import Run, ScenarioStatus
from harness.store.writer import RunWriter
from harness.subject import Refused
from model.domain.address import Family
from model.domain.packet import Outcome, Packet, Verdict
from tests.lockstep.world import Datapath, enters, leaves, scenario
from tests.report import stored

LIBBPF = Circumstances("libbpf")


class DropsAnswers(Datapath):
    """Drops the answers that it should pass."""

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        return replace(outcome, verdict=Verdict.DROP) if packet == enters().packet else outcome


class Refuses(Datapath):
    """Will not run one packet."""

    def process(self, packet: Packet) -> Outcome | Refused:  # type: ignore[override]  # may refuse
        return Refused("EINVAL") if packet == leaves(3).packet else super().process(packet)


def recorded(folder: Path, subject: Datapath, *scenarios: Scenario) -> Run:
    """What the store holds after a session."""
    store = folder / "results.sqlite"
    lockstep = Lockstep(ModelReference(), subject)
    with RunWriter(store, stored.FACTS) as writer:
        recorder = Recorder(writer, LIBBPF)

        def found(divergence: Divergence) -> None:
            with recorder.looking_into(lockstep):
                number = recorder.note(divergence)
                finding = investigate(lockstep, divergence, folder, LIBBPF)
                recorder.found(number, finding, lockstep)

        recorder.watch(lockstep)
        Session(lockstep, Listener(None, found, recorder.failed, recorder.done)).run(scenarios)
    return latest_run(store)


def test_packets_are_counted_by_clause_family_and_reason(tmp_path: Path) -> None:
    run = recorded(tmp_path, Datapath(), scenario(leaves(), enters(), leaves(flags="A")))
    (one,) = run.scenarios
    assert (one.status, one.steps, one.packets) == (ScenarioStatus.AGREES, 3, 3)
    counts = {(count.family, count.clause): count.agreed for count in run.clauses}
    assert counts["ipv4", "CT-2"] == 3
    assert counts["ipv4", "CT-1"] == 1
    assert {(reason.reason, reason.packets) for reason in run.reasons} == {
        *(("new", 1), ("reply", 1), ("established", 1))
    }


def test_a_diverging_packet_does_not_count_as_agreement(tmp_path: Path) -> None:
    run = recorded(tmp_path, DropsAnswers(), scenario(leaves(), enters()))
    (one,) = run.scenarios
    assert (one.status, one.packets) == (ScenarioStatus.DIVERGES, 2)
    counts = {count.clause: (count.agreed, count.diverged) for count in run.clauses}
    assert counts["CT-2"] == (1, 1)
    assert [reason.reason for reason in run.reasons] == ["new"]


def test_a_divergence_is_told_with_packet_notes_and_time_line(tmp_path: Path) -> None:
    steps = leaves(), ClockStep(2 * 10**9), enters()
    run = recorded(tmp_path, DropsAnswers(), scenario(*steps))
    (one,) = run.divergences
    assert (one.scenario, one.path, one.loader) == ("example", "example.yaml", "libbpf")
    assert (one.first.kind, one.first.expected, one.first.actual) == ("verdict", "pass", "drop")
    assert (one.clause, one.reproduced, one.tries) == ("CT-2", 20, 20)
    assert one.replay.startswith(f"twinpath replay {tmp_path}")
    assert ("CT-2", "reply") in [(clause, words[:5]) for clause, words in one.notes]
    assert {field.layer for field in one.fields} >= {"Ether", "IP", "TCP"}
    assert [entry.diverges for entry in one.timeline][-1] is True
    assert {entry.kind for entry in one.timeline} >= {"leaves", "enters"}
    assert one.timeline[-1].datapath.startswith("drop")


def test_the_same_cause_in_two_scenarios_is_one_finding(tmp_path: Path) -> None:
    first = scenario(leaves(), enters())
    run = recorded(tmp_path, DropsAnswers(), first, replace(first, name="again"))
    (finding,) = run.findings
    assert finding.scenarios == ("example", "again")
    assert len({one.fingerprint for one in run.divergences}) == 1


def test_near_misses_count_where_the_scenario_agrees(tmp_path: Path) -> None:
    """Under the scenario's family, whatever its packets were."""
    near = replace(scenario(leaves()), misses=("LB-1",), family=Family.IPV6)
    wrong = replace(scenario(leaves(), enters()), misses=("LB-1",), name="wrong")
    run = recorded(tmp_path, DropsAnswers(), near, wrong)
    missed = [(one.family, one.misses) for one in run.clauses if one.clause == "LB-1"]
    assert missed == [("ipv6", 1)]


def test_refused_packets_are_never_agreement(tmp_path: Path) -> None:
    run = recorded(tmp_path, Refuses(), scenario(leaves(3), leaves()))
    (refusal,) = run.refusals
    assert (refusal.error, refusal.packets) == ("EINVAL", 1)
    assert (run.scenarios[0].packets, run.scenarios[0].refused) == (1, 1)


def test_a_scenario_that_fails_is_told_with_the_reason(tmp_path: Path) -> None:
    claims = replace(scenario(leaves()), clauses=("LB-11",))
    run = recorded(tmp_path, Datapath(), claims)
    (one,) = run.scenarios
    assert one.status is ScenarioStatus.FAILED
    assert "claims LB-11, which nothing in it meets" in one.message
    assert run.clauses == (), "what it met says nothing"


def test_what_was_noted_stays_if_nobody_gets_to_look_into_it(tmp_path: Path) -> None:
    store = tmp_path / "results.sqlite"
    lockstep = Lockstep(ModelReference(), DropsAnswers())
    with RunWriter(store, stored.FACTS) as writer:
        (divergence,) = lockstep.run(scenario(leaves(), enters())).divergences
        Recorder(writer, LIBBPF).note(divergence)
    (one,) = latest_run(store).divergences
    assert one.replay == "twinpath run example.yaml --loader libbpf --filter example"
    assert one.tries == 0


def test_a_store_that_goes_away_is_a_line(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "results.sqlite", stored.FACTS) as writer:
        writer.close()
        with pytest.raises(UserError, match=r"results\.sqlite: .*name another store"):
            writer.scenario(stored.SHOP)
