"""What is done with a divergence: shortened, run again, saved, and a line that replays it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.utils import PcapNgReader

from harness import findings
from harness.findings import Circumstances, Finding, investigate, note
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import MAXIMUM_STEPS
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.scenario.load import load_scenarios
from harness.step import PacketStep, Scenario, Step
from harness.subject import Refused, Subject
from model.domain.packet import Outcome, Packet, Verdict
from tests.lockstep.world import Datapath, enters, leaves, scenario

LIBBPF = Circumstances("libbpf")
STEPS: tuple[Step, ...] = (
    *(leaves(port) for port in range(5)),
    replace(leaves(), note="the handshake begins"),
    *(leaves(port) for port in range(5, 9)),
    enters(),
    leaves(flags="A"),
)


class DropsReplies(Datapath):
    """Drops answers that it should pass."""

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        answers = packet == enters().packet and self.read_reply()
        return replace(outcome, verdict=Verdict.DROP) if answers else outcome

    def read_reply(self) -> bool:
        return any(getattr(flow, "reply_packets", 0) for flow in self.tables.conntrack.values())


def lockstep(subject: Subject | None = None) -> Lockstep:
    return Lockstep(ModelReference(), subject or DropsReplies())


def diverging(engine: Lockstep, given: Scenario) -> Divergence:
    (found,) = engine.run(given).divergences
    return found


@pytest.fixture
def finding(tmp_path: Path) -> Iterator[Finding]:
    engine = lockstep()
    yield investigate(engine, diverging(engine, scenario(*STEPS)), tmp_path, LIBBPF)
    assert engine.observer is None


def sent(given: Scenario) -> list[Packet | Step]:
    """The packets of a scenario; steps of another kind as they are."""
    return [step.packet if isinstance(step, PacketStep) else step for step in given.steps]


def folder_of(finding: Finding) -> Path:
    words = shlex.split(finding.replay)
    return Path(words[2])


def test_it_is_shortened_and_run_again(finding: Finding) -> None:
    assert sent(finding.divergence.scenario) == [leaves().packet, enters().packet]
    assert (finding.reproduction.agreed, finding.reproduction.tries) == (20, 20)
    assert finding.problem == ""


def test_the_saved_scenario_reads_as_the_same_steps(finding: Finding) -> None:
    (read,) = load_scenarios(folder_of(finding) / "scenario.yaml")
    assert sent(read) == [leaves().packet, enters().packet]
    again = diverging(lockstep(), read)
    assert again.differences == finding.divergence.differences


def test_the_saved_packets_are_those_that_went_in_and_came_out(finding: Finding) -> None:
    with PcapNgReader(str(folder_of(finding) / "packets.pcapng")) as reader:
        read = list(reader)
    assert [packet.comments[0].decode() for packet in read] == [
        "1 in",
        "1 model: pass",
        "1 datapath: pass",
        f"2 in: {enters().origin}",
        "2 model: pass",
        "2 datapath: drop",
    ]
    assert [packet.original for packet in read] == [leaves().packet.data] * 3 + [
        enters().packet.data
    ] * 3


def test_the_saved_screen_ends_in_the_replay_line(finding: Finding) -> None:
    text = (folder_of(finding) / "divergence.txt").read_text()
    assert text.splitlines()[-1] == finding.replay
    assert "\x1b" not in text


def test_the_same_divergence_has_the_same_folder(tmp_path: Path) -> None:
    engine = lockstep()
    found = diverging(engine, scenario(*STEPS))
    names = {investigate(engine, found, tmp_path, LIBBPF).replay for _ in range(2)}
    longer = diverging(engine, scenario(leaves(77), *STEPS))
    names.add(investigate(engine, longer, tmp_path, LIBBPF).replay)
    assert len(names) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_another_difference_in_the_same_steps_has_another_folder(tmp_path: Path) -> None:
    class Unmarked(DropsReplies):
        def process(self, packet: Packet) -> Outcome:
            outcome = super().process(packet)
            if outcome.verdict is Verdict.DROP:
                context = outcome.context._replace(mark=1)
                return replace(outcome, verdict=Verdict.PASS, context=context)
            return outcome

    for engine in (lockstep(), lockstep(Unmarked())):
        investigate(engine, diverging(engine, scenario(*STEPS)), tmp_path, LIBBPF)
    assert len(list(tmp_path.iterdir())) == 2


def test_one_that_cannot_be_saved_is_kept_with_the_reason(tmp_path: Path) -> None:
    engine = lockstep()
    place = tmp_path / "file"
    place.write_text("in the way")
    finding = investigate(engine, diverging(engine, scenario(*STEPS)), place, LIBBPF)
    assert finding.problem.startswith(f"{place}: the divergence cannot be saved there: ")
    assert "\n" not in finding.problem
    assert finding.replay == "twinpath run example.yaml --loader libbpf --filter example"


def test_a_long_one_is_replayed_from_where_it_came_from(tmp_path: Path) -> None:
    class Late(DropsReplies):
        """Drops only what comes late, however the time passes."""

        def process(self, packet: Packet) -> Outcome:
            self.handled = getattr(self, "handled", 0) + 1
            if self.handled <= MAXIMUM_STEPS:
                return Datapath.process(self, packet)
            return super().process(packet)

        def reset(self) -> None:
            self.handled = 0
            super().reset()

    engine = lockstep(Late())
    steps = leaves(), *((leaves(5),) * MAXIMUM_STEPS), enters()
    finding = investigate(engine, diverging(engine, scenario(*steps)), tmp_path, LIBBPF)
    assert "20,002 steps" in finding.problem
    assert finding.replay == "twinpath run example.yaml --loader libbpf --filter example"
    assert finding.reproduction.tries == 0
    assert list(tmp_path.iterdir()) == []


def test_noted_in_haste_it_is_saved_as_it_was_found(tmp_path: Path) -> None:
    engine = lockstep()
    finding = note(engine, diverging(engine, scenario(*STEPS)), tmp_path, LIBBPF)
    (read,) = load_scenarios(folder_of(finding) / "scenario.yaml")
    assert len(list(read.steps)) == 11
    assert finding.reproduction.tries == 0


def test_refused_packets_are_in_the_capture_too(tmp_path: Path) -> None:
    class Refuses(DropsReplies):
        def process(self, packet: Packet) -> Outcome | Refused:  # type: ignore[override]  # may refuse
            return Refused("EINVAL") if packet == leaves(3).packet else super().process(packet)

    engine = lockstep(Refuses())
    finding = note(engine, diverging(engine, scenario(*STEPS)), tmp_path, LIBBPF)
    with PcapNgReader(str(folder_of(finding) / "packets.pcapng")) as reader:
        comments = [packet.comments[0].decode() for packet in reader]
    assert "4 datapath: refused by the kernel" in comments
    assert len(comments) == 3 * 11


@pytest.mark.parametrize(
    ("circumstances", "options"),
    [
        (LIBBPF, "--loader libbpf"),
        (Circumstances("bcc"), "--loader bcc"),
        (
            Circumstances("libbpf", Path("my bpf/x.o")),
            "--loader libbpf --object 'my bpf/x.o'",
        ),
    ],
)
def test_the_replay_line_says_all_that_it_has_to(
    circumstances: Circumstances, options: str
) -> None:
    line = circumstances.command("replay", "some where/else")
    assert line == f"twinpath replay 'some where/else' {options}"


def test_the_replay_line_names_a_program_that_the_shell_finds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called = tmp_path / "twinpath"
    called.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(called), "run"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert findings.program() == "twinpath"
    monkeypatch.setenv("PATH", "/nonexistent")
    assert findings.program() == str(called)


def test_the_finding_for_machines(finding: Finding) -> None:
    assert finding.as_object() == {
        "scenario": "verdict-verdict-ct-2",
        "path": "example.yaml",
        "clause": "CT-2",
        "subject": "datapath",
        "step": 2,
        "kind": "verdict",
        "of": "packet",
        "field": "verdict",
        "expected": "pass",
        "actual": "drop",
        "reproduced": 20,
        "tries": 20,
        "count": 1,
        "replay": finding.replay,
    }
