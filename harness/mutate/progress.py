"""Progress of a campaign: a live line in terminals, and survivors as they are found."""

from __future__ import annotations

from collections import Counter

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from harness.mutate.mutant import Mutant
from harness.mutate.result import Class, Result
from harness.report.progress import LiveLine


class MutationProgress(LiveLine):
    """Counts results."""

    def __init__(self, total: int, known: int) -> None:
        super().__init__(
            TextColumn("mutants"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[found]}"),
            TimeRemainingColumn(),
        )
        self._found: Counter[Class] = Counter()
        self._task = self._progress.add_task("", total=total, completed=known, found="")

    def done(self, _mutant: Mutant, result: Result) -> None:
        """One more mutant is judged."""
        self._found[result.status] += 1
        words = ", ".join(f"{count} {status.value}" for status, count in self._found.most_common(3))
        self._progress.update(self._task, advance=1, found=words)
