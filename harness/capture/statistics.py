"""What became of a capture's records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class CaptureStatistics:
    """Counts of one walk through a capture; whoever runs it reports them.

    `skipped` counts records that gave no step, by reason. `cut` counts packets of which the capture
    holds only the beginning (they are run as they are), `clock_back` time stamps before an earlier
    one. `notice` says where a file ends too early.
    """

    records: int = 0
    packets: int = 0
    cut: int = 0
    clock_back: int = 0
    endpoints: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notice: str = ""

    def lines(self) -> list[str]:
        """The counts in words."""
        text = [f"{self.records} records, {self.packets} packets, {self.endpoints} endpoints"]
        text += [f"{count} skipped: {reason}" for reason, count in sorted(self.skipped.items())]
        if self.cut:
            text.append(f"{self.cut} packets are cut in the capture and run as they are")
        if self.clock_back:
            text.append(f"{self.clock_back} time stamps go back; the clock stands still there")
        if self.notice:
            text.append(self.notice)
        return text
