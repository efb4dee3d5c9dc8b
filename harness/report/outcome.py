"""A stored run's verdict in words: every report begins with the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harness.report.summary import counted
from harness.store.records import DivergenceRecord, Run, RunState


class Verdict(Enum):
    """How a run is to be taken. Only AGREES is good news."""

    AGREES = "agrees"
    DIVERGES = "diverges"
    INCOMPLETE = "incomplete"
    NOTHING = "nothing compared"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict, and the sentence that says it."""

    verdict: Verdict
    words: str

    @property
    def is_good(self) -> bool:
        """Whether the run shows agreement."""
        return self.verdict is Verdict.AGREES


def outcome_of(run: Run) -> Outcome:
    """The verdict on a run. What was not compared, or not to the end, is never agreement."""
    packets = counted(run.packets, "packet")
    missing = missing_words(run)
    if run.new:
        causes = sum(1 for one in run.findings if one.first in run.new)
        words = f"{counted(len(run.new), 'divergence')} of {counted(causes, 'cause')} in {packets}"
        return Outcome(Verdict.DIVERGES, ", ".join([words, *missing]))
    if not all(packets_by(run).get(loader) for loader in run.facts.loaders):
        return Outcome(Verdict.NOTHING, ", ".join(["nothing was compared", *missing]))
    known = len(run.divergences)
    words = f"agreement on {packets}"
    if known:
        words += f", {counted(known, 'divergence')} known or on the base too"
    verdict = Verdict.INCOMPLETE if missing else Verdict.AGREES
    return Outcome(verdict, ", ".join([words, *missing]))


def missing_words(run: Run) -> list[str]:
    """What is missing from a run."""
    words = []
    if run.failed:
        words.append(f"{counted(len(run.failed), 'scenario')} not carried out")
    if run.state is not RunState.FINISHED:
        words.append(run.state.value)
    return words


def packets_by(run: Run) -> dict[str, int]:
    """Packets that were compared, by loader."""
    packets: dict[str, int] = {}
    for one in run.scenarios:
        packets[one.loader] = packets.get(one.loader, 0) + one.packets
    return packets


def explanation(one: DivergenceRecord) -> list[tuple[str, str]]:
    """A divergence in labelled lines: what reports without pictures say of it."""
    first = one.first
    lines = [
        ("where", place_words(one)),
        ("sent", one.sent),
        ("expected", f"{first.where}: {first.field} = {first.expected}"),
        ("actual", f"{first.where}: {first.field} = {first.actual}"),
        ("model", one.model),
        ("datapath", one.datapath),
        ("clause", one.clause),
        ("datapath line", str(one.location.datapath[0]) if one.location.datapath else ""),
        ("model line", str(one.location.model or "")),
        ("reproduced", f"{one.reproduced} of {one.tries} times" if one.tries else ""),
        ("replay", one.replay),
    ]
    return [(label, words) for label, words in lines if words]


def place_words(one: DivergenceRecord) -> str:
    """Which step of what by which loader."""
    step = f"step {one.step}" if one.step else "whole state after the last step"
    origin = f", {one.origin}" if one.origin else ""
    return f"{one.scenario} ({one.loader}), {step}{origin}"


def figures(run: Run) -> list[tuple[str, str]]:
    """What a run says about itself, labelled."""
    facts = run.facts
    lines = [
        ("kernel", facts.kernel),
        ("clang", facts.clang),
        ("object", facts.object),
        ("object hash", facts.object_hash),
        ("revision", facts.revision),
        ("loaders", ", ".join(facts.loaders)),
        ("seed", str(facts.seed)),
        ("scenarios", f"{len(run.scenarios):,}"),
        ("steps", f"{run.steps:,}"),
        ("packets", f"{run.packets:,}"),
        ("refused by the kernel", f"{sum(one.packets for one in run.refusals):,}"),
        *((f"branches reached, {side}", words) for side, words in coverage_words(run).items()),
    ]
    return [(label, words) for label, words in lines if words]


def coverage_words(run: Run) -> dict[str, str]:
    """Branches reached, by side."""
    words = {}
    for side in dict.fromkeys(one.side for one in run.coverage):
        files = [one for one in run.coverage if one.side == side]
        reached = sum(one.branches_reached for one in files)
        branches = sum(one.branches for one in files)
        words[side] = f"{reached:,} of {branches:,}"
    return words
