"""Progress of long work: a live line in terminals, nothing in pipes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from harness.report.console import err
from harness.step import Scenario

INTERVAL = 0.1
"""Seconds between two updates."""


class LiveLine:
    """Shows how far work is while it goes on. Use as a context manager."""

    def __init__(self, *columns: ProgressColumn) -> None:
        self._progress = Progress(*columns, console=err, transient=True)
        self._shown = err.is_interactive

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _start(self) -> None:
        if self._shown:
            self._progress.start()

    def _stop(self) -> None:
        if self._shown:
            self._progress.stop()


class RunProgress(LiveLine):
    """Shows which scenario runs and how far it is."""

    def __init__(self, scenarios: int) -> None:
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[scenario]}"),
            TimeElapsedColumn(),
        )
        self._task = self._progress.add_task("", total=scenarios, scenario="")
        self._next = 0.0

    def loader(self, name: str) -> None:
        """Another loader begins."""
        self._progress.reset(self._task, description=name, scenario="")

    def scenario_done(self) -> None:
        """One more scenario is through."""
        self._progress.advance(self._task)

    def step(self, scenario: Scenario, steps: int) -> None:
        """So many steps of a scenario are done."""
        now = monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            self._progress.update(self._task, scenario=f"{scenario.name} {steps:,} steps")

    def say(self, words: str) -> None:
        """What takes its time beside the steps."""
        self._progress.update(self._task, scenario=words)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within this the line is away, so that others can print."""
        self._stop()
        try:
            yield
        finally:
            self._start()
