"""Coverage of both sides as the store keeps it: with the sources, and why a branch is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.coverage.branch import Branch, FileCoverage
from harness.coverage.report import Report, SideReport
from harness.coverage.text import never
from harness.store.records import CoveredFile, MissedBranch


def covered_files(report: Report, root: Path) -> Iterator[CoveredFile]:
    """Every file of both sides; names of files start at `root`."""
    for side in report.sides:
        for file in side.coverage.files:
            yield covered_file(side, file, root)


def covered_file(side: SideReport, file: FileCoverage, root: Path) -> CoveredFile:
    """One file."""
    reasons = dict(side.judged.excused)
    return CoveredFile(
        side.coverage.side.value,
        file.file,
        file.run,
        file.missed,
        len(file.branches),
        sum(branch.reached for branch in file.branches),
        tuple(
            missed(branch, reasons.get(branch, ""))
            for branch in file.branches
            if not branch.reached
        ),
        (root / file.file).read_text(encoding="utf-8", errors="replace"),
    )


def missed(branch: Branch, reason: str) -> MissedBranch:
    """A branch that nothing took."""
    return MissedBranch(branch.line, never(branch), reason)
