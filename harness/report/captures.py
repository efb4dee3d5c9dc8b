"""What became of the records of the captures of a run: nothing is left out in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from harness.capture.statistics import CaptureStatistics
from harness.report.summary import counted

NAMED = 3
"""Captures that end too early and are named; of further ones only the number."""

REASONS = 6
"""Reasons for leaving records out that are told, the most frequent first."""


@dataclass(slots=True)
class CaptureReport:
    """The statistics of every capture, by path."""

    by_path: dict[str, CaptureStatistics] = field(default_factory=dict)

    @property
    def skipped(self) -> Counter[str]:
        """Records that gave no packet, by reason."""
        total: Counter[str] = Counter()
        for one in self.by_path.values():
            total.update(one.skipped)
        return total

    def sum_of(self, name: str) -> int:
        """One count over all captures."""
        return sum(getattr(one, name) for one in self.by_path.values())

    @property
    def notices(self) -> list[str]:
        """Where files end too early."""
        return [f"{path}: {one.notice}" for path, one in self.by_path.items() if one.notice]

    def lines(self) -> list[str]:
        """In words; nothing where there were no captures."""
        if not self.by_path:
            return []
        records = counted(self.sum_of("records"), "record")
        lines = [f"captures: {records} of {counted(len(self.by_path), 'file')}"]
        lines += [f"  {words}" for words in self.left_out()]
        if cut := self.sum_of("cut"):
            lines.append(f"  {cut:,} held in part, run as they are")
        if back := self.sum_of("clock_back"):
            lines.append(
                f"  {back:,} with a time stamp before an earlier one, where no time passes"
            )
        lines += [f"  {notice}" for notice in self.notices[:NAMED]]
        if more := len(self.notices[NAMED:]):
            lines.append(f"  {counted(more, 'more file')} cut short (-v names them)")
        return lines

    def left_out(self) -> list[str]:
        """Records that gave no packet, the most frequent reasons first."""
        by_number = self.skipped.most_common()
        lines = [f"{count:,} left out: {why}" for why, count in by_number[:REASONS]]
        if others := by_number[REASONS:]:
            records, reasons = (
                sum(count for _, count in others),
                counted(len(others), "other reason"),
            )
            lines.append(f"{records:,} left out for {reasons} (--json has them all)")
        return lines

    def as_object(self) -> dict[str, object]:
        """For machines."""
        return {
            "files": len(self.by_path),
            "records": self.sum_of("records"),
            "skipped": dict(sorted(self.skipped.items())),
            "cut": self.sum_of("cut"),
            "clock_back": self.sum_of("clock_back"),
            "notices": self.notices,
        }
