"""Divergences of one cause are one finding with a count, those of two causes are two."""

from __future__ import annotations

from pathlib import Path

from harness.fuzz.discovery import Discoveries, sight
from harness.fuzz.settings import Settings
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import PacketStep
from model.domain.configuration import SECOND
from model.domain.flow import Flow
from model.domain.packet import Outcome, Packet
from tests.lockstep.world import Datapath, enters, leaves, scenario


class ClosesLate(Datapath):
    """Closed flows are kept for too long (CT-5)."""

    def process(self, packet: Packet) -> Outcome:
        outcome = super().process(packet)
        for flow in self.tables.conntrack.values():
            if isinstance(flow, Flow) and flow.opener_closing:
                self.spoil(flow)
        return outcome

    def spoil(self, flow: Flow) -> None:
        """The established timeout instead of the closing one."""
        flow.expires = self._machine.now + 8000 * SECOND


class ClosesNothing(ClosesLate):
    """An RST closes nothing, so that flows are kept as long (CT-5)."""

    def spoil(self, flow: Flow) -> None:
        """What an established flow is like."""
        super().spoil(flow)
        flow.opener_closing = flow.reply_closing = False


def closes(port: int) -> tuple[PacketStep, PacketStep]:
    return leaves(port, "S"), leaves(port, "R")


def test_divergences_are_told_apart_by_all_that_differs(tmp_path: Path) -> None:
    late, nothing = (Lockstep(ModelReference(), side()) for side in (ClosesLate, ClosesNothing))
    discoveries = Discoveries(late, Settings(findings=tmp_path))
    findings: list[dict[str, object]] = []
    duplicates: list[str] = []
    for lockstep, port in ((late, 40000), (nothing, 40001), (late, 40002), (nothing, 40003)):
        discoveries.lockstep = lockstep
        (divergence,) = lockstep.run(scenario(*closes(port))).divergences
        discoveries.diverged(divergence, findings, duplicates)
    names = [str(finding["cause"]) for finding in findings]
    assert len(set(names)) == 2
    assert all(name.startswith("entry expires CT-5 #") for name in names)
    assert duplicates == names


def test_what_looks_different_at_first_is_one_finding_if_it_has_one_cause(tmp_path: Path) -> None:
    """The story with a reply in it shows more fields; both end in the same scenario."""
    lockstep = Lockstep(ModelReference(), ClosesLate())
    discoveries = Discoveries(lockstep, Settings(findings=tmp_path))
    findings: list[dict[str, object]] = []
    duplicates: list[str] = []
    divergences = [
        divergence
        for steps in (closes(40000), (leaves(40000, "S"), enters(40000, "R")))
        for divergence in lockstep.run(scenario(*steps)).divergences
    ]
    assert len({sight(one) for one in divergences}) == 2
    for divergence in divergences:
        discoveries.diverged(divergence, findings, duplicates)
    assert len(findings) == len(list(tmp_path.glob("*/scenario.yaml"))) == 1
    assert duplicates == [findings[0]["cause"]]
