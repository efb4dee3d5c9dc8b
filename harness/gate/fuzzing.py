"""The time-boxed campaign about a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.fuzz.campaign import Campaign, Limits, Listener, Progress
from harness.fuzz.pool.local import LocalPool
from harness.fuzz.report import Screen
from harness.fuzz.settings import Settings
from harness.fuzz.wire import write_case
from harness.gate.aim import Aim
from harness.gate.change import Changed, clauses_of
from harness.gate.clock import Clock
from harness.gate.outcome import NotRunError
from harness.gate.settings import Settings as GateSettings
from harness.gate.tree import Tree
from harness.kernel.interface import LoaderName
from harness.report.saved import remove_leftovers
from harness.report.summary import counted
from harness.sources import find_sources
from harness.step import Scenario

FOLDER: Final = "fuzz"
"""Below the folder for divergences: what campaigns of gates have found."""

RESERVE: Final = 20.0
"""Seconds that fuzzing leaves to those who look into what it has found."""

SHORTEST: Final = 5.0
"""Seconds without which no campaign is worth its beginning."""


class Change(NamedTuple):
    """What is fuzzed: the head, what has changed in it, and scenarios to begin with."""

    head: Tree
    changed: Changed
    scenarios: list[Scenario]


def fuzz_change(about: Change, settings: GateSettings, clock: Clock, notes: list[str]) -> str:
    """Fuzz what has changed for the time that is left; what came of it, in words.

    Raises NotRunError, UserError, KeyboardInterrupt.
    """
    cases = reaching(about, Clock(clock.left / 4), notes)
    seconds = clock.left - RESERVE
    if settings.fuzz_seconds is not None:
        seconds = min(seconds, settings.fuzz_seconds)
    if seconds < SHORTEST:
        raise NotRunError("there is no time for it")
    source = about.head.source.resolve()
    campaign = Settings(
        settings.seed,
        source,
        LoaderName.LIBBPF,
        settings.save.absolute() / FOLDER,
        focus=clauses_of(about.changed, source.parents[1]),
    )
    progress = fuzz(campaign, cases, seconds, settings.workers)
    if progress.interrupted:
        raise KeyboardInterrupt
    return (
        f"{progress.tally.steps:,} steps from {len(cases)} entries that reach changed lines, "
        f"aimed at {', '.join(campaign.focus) or 'everything'}; "
        f"{counted(len(progress.findings), 'divergence')}"
    )


def reaching(about: Change, clock: Clock, notes: list[str]) -> list[Scenario]:
    """Scenarios that reach changed lines of the datapath; a note where that cannot be told."""
    try:
        with Bench() as bench:
            aim = Aim(bench, about.head.source, about.changed)
            return list(aim.reaching(about.scenarios, clock))
    except UserError as error:
        notes.append(f"lines are not counted: {error}")
        return []


def fuzz(settings: Settings, cases: Iterable[Scenario], seconds: float, workers: int) -> Progress:
    """Fuzz for so many seconds, beginning with some cases. Raises UserError."""
    if settings.findings is not None:
        remove_leftovers(settings.findings)
    with ExitStack() as stack:
        screen = Screen()
        stack.callback(screen.stop)
        pool = LocalPool(settings, workers)
        stack.callback(pool.close)
        listener = Listener(said=screen.say, ticked=screen.show)
        texts = [write_case(one.topology, tuple(one.steps)) for one in cases]
        return Campaign(pool, Limits(seconds=seconds), listener).run(texts)


def found_by_campaigns(save: Path) -> Iterator[Scenario]:
    """Scenarios that this campaign or an earlier one has saved, whether it was killed or not.

    Raises UserError.
    """
    folder = save / FOLDER
    if not folder.is_dir():
        return
    try:
        sources = find_sources([folder])
    except UserError:
        return
    for source in sources:
        if not source.is_capture:
            yield from source.scenarios()
