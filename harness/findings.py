"""What is done with a divergence: made as short as it gets, run again, saved, shown."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from harness.compare.describe import value_words
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import count_reproductions, is_long, runs_in, signature, up_to
from harness.lockstep.result import Divergence
from harness.report.divergence import Reproduction, print_divergence
from harness.report.saved import SeenPacket, folder_name, save, scenario_text
from harness.shrink.shrink import shrink_in
from harness.step import PacketStep
from harness.subject import Prediction, Refused
from model.domain.packet import Outcome

PROGRAM = "twinpath"
TRIES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A divergence that has been looked into; `problem` says why it could not be saved."""

    divergence: Divergence
    reproduction: Reproduction
    replay: str
    problem: str = ""

    def show(self, console: Console) -> None:
        """Print the screen."""
        print_divergence(console, self.divergence, self.reproduction, self.replay)

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


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a divergence came about, as far as a line that replays it has to say so.

    `object_path` is None for the datapath that ships.
    """

    loader: str
    object_path: Path | None = None

    def command(self, subcommand: str, path: str, *options: str) -> str:
        """A line to paste."""
        words = [program(), subcommand, path, "--loader", self.loader]
        if self.object_path is not None:
            words += ["--object", str(self.object_path)]
        return shlex.join([*words, *options])


def program() -> str:
    """The name by which a shell finds this program, or else the path by which it was called."""
    called = sys.argv[0]
    known = shutil.which(PROGRAM) is not None or Path(called).name != PROGRAM
    return PROGRAM if known else called


def investigate(
    lockstep: Lockstep, divergence: Divergence, parent: Path, circumstances: Circumstances
) -> Finding:
    """Shorten a divergence, count how often it comes about, and save it below `parent`."""
    shortest = shrink_in(lockstep, divergence).divergence
    tries = 0 if is_long(shortest) else TRIES
    agreed = count_reproductions(runs_in(lockstep), shortest, tries)
    reproduction = Reproduction(agreed, tries)
    return keep(lockstep, shortest, reproduction, parent, circumstances)


def note(
    lockstep: Lockstep, divergence: Divergence, parent: Path, circumstances: Circumstances
) -> Finding:
    """Save a divergence below `parent` as it was found, without looking into it."""
    return keep(lockstep, up_to(divergence), Reproduction(0, 0), parent, circumstances)


def keep(
    lockstep: Lockstep,
    divergence: Divergence,
    reproduction: Reproduction,
    parent: Path,
    circumstances: Circumstances,
) -> Finding:
    """Save a divergence. One that cannot be saved is replayed from where it came from."""
    try:
        text = scenario_text(divergence)
        kind, field, clause = signature(divergence)
        name = folder_name(divergence.scenario, f"{kind.value} {field} {clause}\n{text}")
        replay = circumstances.command("replay", str(parent / name))
        write: Callable[[Console], None] = partial(
            print_divergence,
            divergence=divergence,
            reproduction=reproduction,
            replay=replay,
        )
        save(parent, name, text, seen_packets(lockstep, divergence), write)
    except UserError as error:
        scenario = divergence.scenario
        replay = circumstances.command("run", scenario.path, "--filter", scenario.name)
        return Finding(divergence, reproduction, replay, str(error))
    return Finding(divergence, reproduction, replay)


def seen_packets(lockstep: Lockstep, divergence: Divergence) -> list[SeenPacket]:
    """Every packet of a divergence: as it went in, as the reference and as the subject left it."""
    seen: list[SeenPacket] = []
    names = lockstep.reference.name, lockstep.subject.name

    def observe(
        step: PacketStep, prediction: Prediction | None, outcome: Outcome | Refused
    ) -> None:
        number, now = len(seen) // 3 + 1, lockstep.now
        words = ": ".join(filter(None, (f"{number} in", step.note or step.origin)))
        seen.append(SeenPacket(words, step.packet.data, now))
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
        words = side.fault or side.verdict.name.lower()
        return SeenPacket(f"{comment}: {words}", side.data, now)
    return SeenPacket(f"{comment}: refused by the kernel", step.packet.data, now)
