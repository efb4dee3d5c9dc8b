"""Progress of long work: a live line in terminals, nothing in pipes."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.report.console import err
from harness.step import Scenario

INTERVAL = 0.1
"""Seconds between two updates."""


class RunProgress:
    """Shows which scenario runs and how far it is. Use as a context manager."""

    def __init__(self, sources: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[scenario]}"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self._task = self._progress.add_task("", total=sources, scenario="")
        self._next = 0.0

    def subject(self, name: str) -> None:
        """Another subject begins."""
        self._progress.reset(self._task, description=name, scenario="")

    def source_done(self) -> None:
        """One more source is through."""
        self._progress.advance(self._task)

    def step(self, scenario: Scenario, steps: int) -> None:
        """So many steps of a scenario are done."""
        now = monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            self._progress.update(self._task, scenario=f"{scenario.name} {steps:,} steps")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()
