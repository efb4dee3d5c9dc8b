"""What is done with a divergence: made as short as it gets, run again, saved, shown."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType

from harness.compare.describe import value_words
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import count_reproductions, shorten
from harness.lockstep.result import Divergence
from harness.report.divergence import Reproduction, screen
from harness.report.saved import SeenPacket, folder_name, save, scenario_text
from harness.step import PacketStep
from harness.subject import Prediction, Refused
from model.domain.packet import Outcome

TRIES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A divergence that has been looked into."""

    divergence: Divergence
    reproduction: Reproduction
    replay: str
    screen: RenderableType

    def as_object(self) -> dict[str, object]:
        """The finding for machines."""
        first = self.divergence.differences[0]
        return {
            "scenario": self.divergence.scenario.name,
            "subject": self.divergence.subject,
            "step": self.divergence.index + 1,
            "kind": first.kind.value,
            "of": first.where,
            "field": first.field,
            "expected": value_words(first.expected),
            "actual": value_words(first.actual),
            "reproduced": self.reproduction.agreed,
            "tries": self.reproduction.tries,
            "replay": self.replay,
        }


def replay_line(folder: Path, loader: str, object_path: Path | None) -> str:
    """The line to paste that shows a saved divergence again."""
    words = ["twinpath", "replay", str(folder), "--loader", loader]
    if object_path is not None:
        words += ["--object", str(object_path)]
    return shlex.join(words)


def investigate(
    lockstep: Lockstep, divergence: Divergence, parent: Path, loader: str, object_path: Path | None
) -> Finding:
    """Shorten a divergence, count how often it comes about, and save it below `parent`.

    Raises UserError where it cannot be saved.
    """
    shortest = shorten(lockstep, divergence)
    reproduction = Reproduction(count_reproductions(lockstep, shortest, TRIES), TRIES)
    text = scenario_text(shortest)
    name = folder_name(divergence.scenario, text)
    line = replay_line(parent / name, loader, object_path)
    shown = screen(shortest, reproduction, line)
    save(parent, name, text, seen_packets(lockstep, shortest), shown)
    return Finding(shortest, reproduction, line, shown)


def seen_packets(lockstep: Lockstep, divergence: Divergence) -> list[SeenPacket]:
    """Every packet of a divergence: as it went in, as the reference and as the subject left it."""
    seen: list[SeenPacket] = []
    names = lockstep.reference.name, lockstep.subject.name

    def observe(
        step: PacketStep, prediction: Prediction | None, outcome: Outcome | Refused
    ) -> None:
        number, now = len(seen) // 3 + 1, lockstep.now
        seen.append(SeenPacket(f"{number} in: {step.note or step.origin}", step.packet.data, now))
        expected = None if prediction is None else prediction.outcome
        for name, side in zip(names, (expected, outcome), strict=True):
            seen.append(as_left(f"{number} {name}", step, side, now))

    lockstep.observer = observe
    try:
        lockstep.run(divergence.scenario)
    finally:
        lockstep.observer = None
    return seen


def as_left(comment: str, step: PacketStep, side: Outcome | Refused | None, now: int) -> SeenPacket:
    """The frame as one side left it."""
    if isinstance(side, Outcome):
        return SeenPacket(f"{comment}: {side.verdict.name.lower()}", side.data, now)
    return SeenPacket(f"{comment}: refused by the kernel", step.packet.data, now)
