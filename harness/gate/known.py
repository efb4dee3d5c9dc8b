"""Known divergences: a reviewed file that says which ones do not count, why, and until when.

    [[known]]
    clause = "CT-6"
    field = "expires"
    scenario = "ct-6-*"
    reason = "one sentence"
    expires = 2027-01-31

`clause`, `field` and `scenario` are what reports show of a divergence; `scenario` is a shell
pattern of its name. An entry that nothing hits is stale, and one past its date does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from pydantic import Field

from harness.reviewed import Reviewed, read_reviewed
from harness.store.records import DivergenceRecord

MANUAL: Final = "docs/gate.md"


class Entry(Reviewed):
    """One known divergence. `expires` is the last day on which it is let pass."""

    clause: str
    field: str = Field(min_length=1)
    scenario: str = Field(default="*", min_length=1)
    reason: str = Field(min_length=10)
    expires: date

    def matches(self, record: DivergenceRecord) -> bool:
        """Whether a divergence is this one."""
        return ((record.clause, record.first.field) == (self.clause, self.field)) and fnmatchcase(
            record.scenario, self.scenario
        )

    def __str__(self) -> str:
        return f"{self.clause} {self.field} in {self.scenario}"


class _Document(Reviewed):
    known: list[Entry] = Field(default_factory=list)


class Known:
    """The file's entries, and how often each has been hit. `path` None: there are none."""

    def __init__(self, path: Path | None, today: date) -> None:
        self.path = path
        self.today = today
        document = None if path is None else read_reviewed(path, _Document, MANUAL)
        self.entries = () if document is None else tuple(document.known)
        self.hits: Counter[int] = Counter()

    def reason(self, record: DivergenceRecord) -> str | None:
        """Why a divergence is let pass; None if it is not. Counts a hit of each entry."""
        found = [place for place, one in enumerate(self.entries) if one.matches(record)]
        self.hits.update(found)
        valid = [self.entries[place] for place in found if not self.is_expired(place)]
        return f"{valid[0].reason} (until {valid[0].expires})" if valid else None

    def is_expired(self, place: int) -> bool:
        """Whether an entry's day is over."""
        return self.entries[place].expires < self.today

    def lines(self) -> Iterator[str]:
        """Every entry with its hits, for people."""
        for place, entry in enumerate(self.entries):
            times = f"{self.hits[place]} hits" if self.hits[place] != 1 else "1 hit"
            yield f"known: {entry}: {times}, until {entry.expires}: {entry.reason}"

    def complaints(self) -> Iterator[str]:
        """What is to be mended in the file."""
        for place, entry in enumerate(self.entries):
            if self.is_expired(place):
                yield f"{self.path}: {entry}: expired on {entry.expires}; mend it or renew it"
            elif not self.hits[place]:
                yield f"{self.path}: {entry}: nothing hits it any more; remove the entry"
