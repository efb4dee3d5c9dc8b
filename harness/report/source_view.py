"""Source files with what ran of them, line by line, for the page."""

from __future__ import annotations

from dataclasses import dataclass

from harness.store.records import CoveredFile, MissedBranch, Run


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line. `mark`: `run`, `missed`, `part` (ran, but not every way out of it), or nothing."""

    number: int
    text: str
    mark: str
    branches: tuple[MissedBranch, ...]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file with its marks."""

    coverage: CoveredFile
    lines: tuple[SourceLine, ...]

    @property
    def share(self) -> float:
        """Branches reached, in percent; of a file without branches its lines."""
        one = self.coverage
        if one.branches:
            return 100 * one.branches_reached / one.branches
        return 100 * len(one.run) / one.lines if one.lines else 100.0

    @property
    def words(self) -> str:
        """The same in numbers."""
        one = self.coverage
        if one.branches:
            return f"{one.branches_reached} of {one.branches}"
        return f"{len(one.run)} of {one.lines} lines"

    @property
    def anchor(self) -> str:
        """A name for links on the page."""
        return f"source-{self.coverage.file}"


@dataclass(frozen=True, slots=True)
class SideView:
    """One side's files."""

    side: str
    files: tuple[SourceFile, ...]

    @property
    def branches(self) -> int:
        """Ways out of decisions."""
        return sum(one.coverage.branches for one in self.files)

    @property
    def reached(self) -> int:
        """Those that something took."""
        return sum(one.coverage.branches_reached for one in self.files)

    @property
    def excused(self) -> int:
        """Those that nothing can take, by the reviewed list."""
        return sum(
            1 for one in self.files for branch in one.coverage.missed_branches if branch.reason
        )


def side_views(run: Run) -> list[SideView]:
    """Both sides, files without a line that can run left out."""
    return [
        SideView(
            side,
            tuple(source_file(one) for one in run.coverage if one.side == side and one.lines),
        )
        for side in dict.fromkeys(one.side for one in run.coverage)
    ]


def source_file(file: CoveredFile) -> SourceFile:
    """One file, line by line."""
    ran, missed = set(file.run), set(file.missed)
    branches: dict[int, list[MissedBranch]] = {}
    for branch in file.missed_branches:
        branches.setdefault(branch.line, []).append(branch)
    lines = []
    for number, text in enumerate(file.source.splitlines(), start=1):
        own = tuple(branches.get(number, ()))
        mark = "missed" if number in missed else "run" if number in ran else ""
        if mark == "run" and any(not one.reason for one in own):
            mark = "part"
        lines.append(SourceLine(number, text.expandtabs(4), mark, own))
    return SourceFile(file, tuple(lines))
