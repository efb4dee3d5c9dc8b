"""What is done with a divergence: made as short as it gets, run again, saved, shown."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from rich.console import Console

from harness.compare.describe import value_words
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.reproduce import (
    Signature,
    count_reproductions,
    fields_of,
    is_long,
    runs_in,
    signature,
    up_to,
    with_steps,
)
from harness.lockstep.result import Divergence
from harness.report.divergence import Reproduction, print_divergence
from harness.report.saved import (
    SCENARIO_FILE,
    UNEXAMINED,
    SeenPacket,
    folder_name,
    save,
    scenario_text,
)
from harness.scratch import in_use
from harness.shrink.shrink import shrink_in
from harness.step import PacketStep, Scenario
from harness.subject import Prediction, Refused
from model.domain.event import Hook
from model.domain.packet import Outcome
from model.domain.reason import Reason

PROGRAM = "twinpath"
TRIES = 20


class Cause(NamedTuple):
    """What divergences of one cause have in common once they are shrunk.

    Beside their signature: the two values that differ, which canonical names make comparable, the
    reason by the reference and the one that the subject counted, the hook, the number of steps, and
    all fields that differ, in order: a flow that stays open for too long may have been closed or
    not.
    """

    signature: Signature
    expected: str
    actual: str
    reason: Reason | None
    counted: Reason | None
    hook: Hook | None
    steps: int
    fields: str


def cause(divergence: Divergence) -> Cause:
    """The cause of a divergence that has been shrunk, as far as it can be told from outside."""
    prediction, step = divergence.prediction, divergence.step
    first = divergence.differences[0]
    return Cause(
        signature(divergence),
        value_words(first.expected),
        value_words(first.actual),
        None if prediction is None else prediction.reason,
        divergence.counted_reason,
        step.packet.hook if isinstance(step, PacketStep) else None,
        divergence.index + 1,
        fields_of(divergence),
    )


@dataclass(slots=True)
class Finding:
    """A divergence that has been looked into; `problem` says why it could not be saved.

    `count` divergences have this cause. `scenario_file` is where it has been saved.
    """

    divergence: Divergence
    reproduction: Reproduction
    replay: str
    problem: str = ""
    count: int = 1
    scenario_file: Path | None = None

    @property
    def cause(self) -> tuple[str, Cause]:
        """The subject, and the cause of its divergence."""
        return self.divergence.subject, cause(self.divergence)

    def show(self, console: Console) -> None:
        """Print the screen."""
        print_divergence(console, self.divergence, self.reproduction, self.replay)

    def as_object(self) -> dict[str, object]:
        """The finding for machines."""
        first = self.divergence.differences[0]
        return {
            "scenario": self.divergence.scenario.name,
            "path": self.divergence.scenario.path,
            "clause": signature(self.divergence).clause,
            "subject": self.divergence.subject,
            "step": self.divergence.index + 1,
            "kind": first.kind.value,
            "of": first.where,
            "field": first.field,
            "expected": value_words(first.expected),
            "actual": value_words(first.actual),
            "reproduced": self.reproduction.agreed,
            "tries": self.reproduction.tries,
            "count": self.count,
            "replay": self.replay,
        }


class Origin(Protocol):
    """How a divergence came about."""

    def command(self, subcommand: str, path: str, *options: str) -> str:
        """A line to paste: a subcommand of this program on a path, in these circumstances."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a divergence from the specification came about, as far as replaying it has to say so.

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
    lockstep: Lockstep, divergence: Divergence, parent: Path, circumstances: Origin
) -> Finding:
    """Shorten a divergence, count how often it comes about, and save it below `parent`.

    Until then it stands below `parent` as it was found: whoever is killed meanwhile loses nothing.
    """
    with noted_meanwhile(parent, divergence):
        shortest = seen_first(shrink_in(lockstep, divergence).divergence, divergence)
        tries = 0 if is_long(shortest) else TRIES
        agreed = count_reproductions(runs_in(lockstep), shortest, tries)
        reproduction = Reproduction(agreed, tries)
        return keep(lockstep, shortest, reproduction, parent, circumstances, divergence.scenario)


@contextmanager
def noted_meanwhile(parent: Path, divergence: Divergence) -> Iterator[None]:
    """Within this a divergence is kept among those that nobody has looked into.

    One that cannot be saved so is none the worse for it: `keep` will say why.
    """
    from harness.fuzz.corpus.store import save_case  # noqa: PLC0415 - imports Scapy

    kept: Path | None = None
    with ExitStack() as stack:
        if not is_long(divergence):
            with suppress(UserError, OSError):
                stack.enter_context(in_use(parent / UNEXAMINED))
                kept = save_case(parent / UNEXAMINED, up_to(divergence).scenario)
        try:
            yield
        finally:
            if kept is not None:
                kept.unlink(missing_ok=True)
            with suppress(OSError):
                (parent / UNEXAMINED).rmdir()


def seen_first(shortest: Divergence, found: Divergence) -> Divergence:
    """The divergence with a last step that says where it was found at first."""
    steps = list(shortest.scenario.steps) if not is_long(shortest) else []
    if shortest.step is None or found.step is None or shortest.step not in steps[-1:]:
        return shortest
    step = replace(shortest.step, origin=found.step.origin)
    scenario = with_steps(shortest.scenario, (*steps[:-1], step))
    return replace(shortest, scenario=scenario, step=step)


def note(
    lockstep: Lockstep, divergence: Divergence, parent: Path, circumstances: Origin
) -> Finding:
    """Save a divergence below `parent` as it was found, without looking into it."""
    found = up_to(divergence)
    return keep(lockstep, found, Reproduction(0, 0), parent, circumstances, divergence.scenario)


def keep(  # noqa: PLR0913, PLR0917 - all that is known of a finding
    lockstep: Lockstep,
    divergence: Divergence,
    reproduction: Reproduction,
    parent: Path,
    circumstances: Origin,
    origin: Scenario,
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
        replay = circumstances.command("run", origin.path, "--filter", origin.name)
        return Finding(divergence, reproduction, replay, str(error))
    return Finding(divergence, reproduction, replay, scenario_file=parent / name / SCENARIO_FILE)


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
