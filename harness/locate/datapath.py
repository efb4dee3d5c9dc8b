"""The line of C that a divergence is put down to.

The very last line that a packet runs is the return that all packets share, and says nothing. So
the divergence is run again on the instrumented build, and of all that its packet ran the piece is
taken that packets which agreed ran least often; of equals the last that is come to. Before all
others come lines that were changed, where somebody knows them, and functions whose comment names
the clause that the field which differs belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.coverage.counters import CountedSubject, open_counted
from harness.datapath.bench import Bench
from harness.datapath.subject import PROGRAMS
from harness.errors import UserError
from harness.locate.functions import order_of_lines, read_functions
from harness.locate.regions import Profile, Region, lines_run, profile
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence
from harness.reference import ModelReference
from harness.step import Scenario
from harness.store.names import shown_name
from harness.store.records import Place

LIKELY: Final = 5
"""Places that are told, the likeliest first."""

BACKGROUND_PACKETS: Final = 5_000
"""Packets that agree and are run for comparison."""

Counts = NDArray[np.uint64]
Changed = Mapping[str, Collection[int]]
"""Changed lines by file, named as places are."""


class About(NamedTuple):
    """The clause that a field which differs belongs to, and an entry's field; empty: of any."""

    clause: str
    field: str


NOTHING: Final = About("", "")


class DatapathLocator:
    """Runs divergences on the instrumented build of a C source, at a bench of the caller's.

    `root` is the folder from which files are named. Raises MissingToolError, CompileError and
    whatever loading raises.
    """

    def __init__(self, bench: Bench, source: Path, root: Path) -> None:
        self._counted: CountedSubject = open_counted(bench, source)
        self._root = root
        self._agreed = np.zeros_like(self._counted.counters.values)
        self._lines: dict[Path, list[str]] = {}

    def background(self, scenarios: Iterable[Scenario]) -> None:
        """Run scenarios for comparison, BACKGROUND_PACKETS packets of them; who agrees counts."""
        lockstep = Lockstep(ModelReference(), self._counted.subject)
        packets = 0
        for scenario in scenarios:
            if packets >= BACKGROUND_PACKETS:
                return
            self._clear()
            try:
                result = lockstep.run(scenario)
            except UserError:
                continue
            packets += result.packets
            if not result.divergences:
                self._agreed += self._counted.total()

    def locate(
        self, divergence: Divergence, about: About = NOTHING, changed: Changed | None = None
    ) -> tuple[Place, ...]:
        """Likely places of a divergence, the likeliest first. Raises UserError."""
        before, last = self._split(divergence)
        build = self._counted.counters.build
        ran, agreed = profile(build, last), profile(build, self._agreed + before).counts
        suspicion = self._suspicion(ran, agreed, about)
        candidates = [region for region, count in ran.counts.items() if count]
        places = self._changed_places(candidates, changed or {})
        for region in sorted(candidates, key=suspicion):
            places.append(self._place(region.file, self._first_line(region)))
        return tuple(dict.fromkeys(places))[:LIKELY]

    def _suspicion(
        self, ran: Profile, agreed: Mapping[Region, int], about: About
    ) -> Callable[[Region], tuple[bool, bool, int, int]]:
        """What regions are sorted by.

        Whether comment and line are about the field that differs, how often agreeing packets came
        by, when the region is come to.
        """
        texts = {region.file: self._text(region.file) for region in ran.counts}
        functions = read_functions(ran.bodies, texts)
        entry = next(name for name in PROGRAMS.values() if ran.counts[ran.bodies[name]])
        order = order_of_lines(functions, entry, lines_run(ran.counts, texts))
        bodies = [one.body for one in functions if about.clause in one.clauses]

        def suspicion(region: Region) -> tuple[bool, bool, int, int]:
            line = self._first_line(region)
            is_about = any(contains(body, region) for body in bodies)
            names = about.field in texts[region.file][line - 1].lower()
            when = order.get((region.file, line), 0)
            return not is_about, not names, agreed.get(region, 0), -when

        return suspicion

    def _split(self, divergence: Divergence) -> tuple[Counts, Counts]:
        """What ran before the last step of a divergence, and in it.

        Where the whole state shows the divergence there is no such step: all of it counts.
        """
        lockstep = Lockstep(ModelReference(), self._counted.subject)
        steps = list(divergence.scenario.steps)[: divergence.index + 1]
        before = np.zeros_like(self._agreed)
        if divergence.step is not None and divergence.prediction is not None:
            self._clear()
            lockstep.run(replace(divergence.scenario, steps=tuple(steps[:-1])))
            before = self._counted.total()
        self._clear()
        lockstep.run(replace(divergence.scenario, steps=tuple(steps)))
        return before, self._counted.total() - before

    def _clear(self) -> None:
        for counters in self._counted.all_counters:
            counters.clear()

    def _changed_places(self, candidates: list[Region], changed: Changed) -> list[Place]:
        """Changed lines that the packet ran, in order of place."""
        lines = {
            (region.file, line)
            for region in candidates
            for line in range(region.line, region.last_line + 1)
            if line in changed.get(self._name(region.file), ())
        }
        return [self._place(file, line) for file, line in sorted(lines)]

    def _first_line(self, region: Region) -> int:
        """The first line with code of a region: not the brace that opens it."""
        lines = self._text(region.file)
        begin = lines[region.line - 1][region.column - 1 :]
        if begin.strip() != "{":
            return region.line
        inner = range(region.line + 1, region.last_line)
        return next((line for line in inner if is_code(lines[line - 1])), region.line)

    def _place(self, file: Path, line: int) -> Place:
        return Place(self._name(file), line, self._text(file)[line - 1].strip())

    def _name(self, file: Path) -> str:
        return shown_name(file, self._root, self._counted.counters.build.source)

    def _text(self, file: Path) -> list[str]:
        if file not in self._lines:
            self._lines[file] = file.read_text(encoding="utf-8", errors="replace").splitlines()
        return self._lines[file]


def contains(body: Region, region: Region) -> bool:
    """Whether a region is part of a function's body."""
    return body.file == region.file and body.line <= region.line <= body.last_line


def is_code(line: str) -> bool:
    """Whether a line holds more than a comment."""
    return bool(line.strip()) and not line.strip().startswith(("/*", "*", "//"))
