"""From the segments of a file, as llvm-cov tells them, to counts of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Segment(NamedTuple):
    """From this place on the count is another one; numbers from 1."""

    line: int
    column: int
    times: int
    has_count: bool
    is_entry: bool
    is_gap: bool

    @property
    def begins_code(self) -> bool:
        """Whether code that is counted begins here."""
        return self.has_count and self.is_entry and not self.is_gap


def line_counts(segments: Sequence[Sequence[Any]]) -> dict[int, int]:
    """How often each line ran that can run, in order; a line's is the highest of its pieces.

    A line without a segment goes on with the count of the line before.
    """
    by_line: dict[int, list[Segment]] = {}
    for one in segments:
        by_line.setdefault(one[0], []).append(Segment(*one))
    counts: dict[int, int] = {}
    open_segment: Segment | None = None
    for line in range(min(by_line, default=1), max(by_line, default=0) + 1):
        own = by_line.get(line, [])
        begun = [segment.times for segment in own if segment.begins_code]
        goes_on = open_segment is not None and open_segment.has_count and not is_skipped(own)
        if open_segment is not None and goes_on:
            begun.append(open_segment.times)
        if begun:
            counts[line] = max(begun)
        open_segment = own[-1] if own else open_segment
    return counts


def is_skipped(own: Sequence[Segment]) -> bool:
    """Whether the line begins what the preprocessor leaves out."""
    return bool(own) and own[0].is_entry and not own[0].has_count
