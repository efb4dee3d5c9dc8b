"""Coverage of both sides as the store keeps it: with the sources, and why a branch is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.coverage.branch import Branch, FileCoverage, SideCoverage
from harness.coverage.replay import Replayed
from harness.coverage.report import SideReport, make_report
from harness.coverage.reviewed import Review
from harness.coverage.text import never
from harness.store.names import shown_name
from harness.store.records import CoveredFile, MissedBranch


def covered_files(
    replayed: Replayed, review: Review, root: Path, source: Path
) -> Iterator[CoveredFile]:
    """Every file of both sides; `source` is the C file, names of files start at `root`.

    The reviewed list names files of the repository, and is held against those of a copy too.
    """
    paths = {
        shown_name(root / file.file, root, source): root / file.file
        for side in (replayed.datapath, replayed.model)
        for file in side.files
    }
    named = replace(replayed, datapath=renamed(replayed.datapath, root, source))
    for side in make_report(named, review).sides:
        for file in side.coverage.files:
            yield covered_file(side, file, paths[file.file])


def renamed(side: SideCoverage, root: Path, source: Path) -> SideCoverage:
    """The side with its files as reports call them."""

    def name(file: str) -> str:
        return shown_name(root / file, root, source)

    return replace(
        side,
        files=tuple(
            replace(
                file,
                file=name(file.file),
                branches=tuple(replace(one, file=name(one.file)) for one in file.branches),
            )
            for file in side.files
        ),
    )


def covered_file(side: SideReport, file: FileCoverage, path: Path) -> CoveredFile:
    """One file, its source read from a path."""
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
        path.read_text(encoding="utf-8", errors="replace"),
    )


def missed(branch: Branch, reason: str) -> MissedBranch:
    """A branch that nothing took."""
    return MissedBranch(branch.line, never(branch), reason)
