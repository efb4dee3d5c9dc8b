"""Both sides joined: totals, what no corpus reaches, and all of it for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from harness.coverage.branch import Branch, SideCoverage
from harness.coverage.replay import Replayed
from harness.coverage.reviewed import Judged, Review, judge


@dataclass(frozen=True, slots=True)
class SideReport:
    """One side's coverage against the reviewed list."""

    coverage: SideCoverage
    judged: Judged

    @property
    def reached(self) -> int:
        """Branches that some step took."""
        return sum(branch.reached for branch in self.coverage.branches)

    @property
    def reachable(self) -> int:
        """Branches that are not on the list."""
        return len(self.coverage.branches) - len(self.judged.excused)

    @property
    def share(self) -> float:
        """Reached branches of the reachable ones, from 0 to 1."""
        return self.reached / self.reachable if self.reachable else 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """A replay's coverage of both sides. `stale` are the reviewed list's entries to be mended."""

    replayed: Replayed
    sides: tuple[SideReport, ...]
    stale: tuple[str, ...]


def make_report(replayed: Replayed, review: Review) -> Report:
    """Hold a replay's branches against the reviewed list."""
    sides = (replayed.datapath, replayed.model)
    together = judge([branch for side in sides for branch in side.branches], review)
    return Report(
        replayed,
        tuple(SideReport(side, _of_side(together, side)) for side in sides),
        together.stale,
    )


def _of_side(judged: Judged, side: SideCoverage) -> Judged:
    own = set(side.branches)
    return Judged(
        tuple(branch for branch in judged.missing if branch in own),
        tuple((branch, reason) for branch, reason in judged.excused if branch in own),
        (),
    )


def as_object(report: Report) -> dict[str, object]:
    """The report as one JSON object."""
    result = report.replayed.result
    return {
        "steps": result.steps,
        "packets": result.packets,
        "divergences": len(result.divergences),
        "refused": result.refused.total(),
        "failures": result.failures,
        "interrupted": report.replayed.interrupted,
        **{one.coverage.side.value: _side_object(one) for one in report.sides},
        "stale": list(report.stale),
    }


def _side_object(one: SideReport) -> dict[str, object]:
    coverage = one.coverage
    return {
        "lines": coverage.lines,
        "lines_reached": coverage.lines_reached,
        "branches": len(coverage.branches),
        "branches_reached": one.reached,
        "branches_unreachable": len(one.judged.excused),
        "reached_of_reachable": round(one.share, 4),
        "missing": [_branch_object(branch) for branch in one.judged.missing],
        "unreachable": [
            {**_branch_object(branch), "reason": reason} for branch, reason in one.judged.excused
        ],
        "files": {
            file.file: {
                "lines": file.lines,
                "lines_reached": file.lines_reached,
                "branches": len(file.branches),
                "branches_reached": sum(branch.reached for branch in file.branches),
            }
            for file in coverage.files
        },
    }


def _branch_object(branch: Branch) -> dict[str, object]:
    return {name: value for name, value in asdict(branch).items() if name != "reached"}
