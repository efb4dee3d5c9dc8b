"""What a campaign about a change begins with: corpus entries that reach the changed lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.coverage.counters import CountedSubject, counts_by_function, open_counted
from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.gate.change import Changed
from harness.gate.clock import Clock
from harness.locate.regions import Region, profile
from harness.lockstep.engine import Lockstep
from harness.reference import ModelReference
from harness.step import Scenario

ENOUGH: Final = 24
"""Entries that a campaign is given at most."""

PATTERNS: Final = 32
"""Ways through the changed functions that are looked at line by line (0.2 s each)."""

Counts = NDArray[np.uint64]


class Aim:
    """Tells which scenarios run changed lines of a C source. Raises what building it raises."""

    def __init__(self, bench: Bench, source: Path, changed: Changed) -> None:
        self._counted: CountedSubject = open_counted(bench, source)
        self._lockstep = Lockstep(ModelReference(), self._counted.subject)
        self._changed = changed
        self._root = source.resolve().parents[1]
        self._build = self._counted.counters.build
        self._functions = self._changed_functions()
        self._answers: dict[bytes, bool] = {}

    def reaching(self, scenarios: Iterable[Scenario], clock: Clock) -> Iterator[Scenario]:
        """Scenarios that run a changed line, ENOUGH of them at most."""
        count = 0
        for scenario in clock.while_left(scenarios if self._functions else ()):
            if self._reaches(scenario):
                yield scenario
                count += 1
            if count == ENOUGH:
                return

    def _reaches(self, scenario: Scenario) -> bool:
        for counters in self._counted.all_counters:
            counters.clear()
        try:
            self._lockstep.run(scenario)
        except UserError:
            return False
        total = self._counted.total()
        by_function = counts_by_function(total, self._build)
        ran = np.concatenate([by_function[name] > 0 for name in self._functions])
        if not ran.any():
            return False
        pattern = ran.tobytes()
        if pattern not in self._answers:
            if len(self._answers) >= PATTERNS:
                return False
            self._answers[pattern] = self._runs_changed_line(total)
        return self._answers[pattern]

    def _runs_changed_line(self, counts: Counts) -> bool:
        """Whether any region that ran holds a changed line."""
        ran = profile(self._build, counts).counts
        return any(count and self._is_changed(region) for region, count in ran.items())

    def _changed_functions(self) -> list[str]:
        """Symbols of the counters of functions that have changed."""
        nothing = np.zeros_like(self._counted.counters.values)
        bodies = profile(self._build, nothing).bodies
        names = {name for name, body in bodies.items() if self._is_changed(body)}
        return [one.symbol for one in self._build.functions if one.name.rpartition(":")[2] in names]

    def _is_changed(self, region: Region) -> bool:
        if not region.file.is_relative_to(self._root):
            return False
        lines = self._changed.get(region.file.relative_to(self._root).as_posix(), ())
        return any(region.line <= line <= region.last_line for line in lines)
