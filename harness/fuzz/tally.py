"""What was generated and reached, in numbers: sums over rounds, and what stayed out of reach."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any, Final

from harness.fuzz.wire import WireError
from model.clauses import CLAUSES
from model.domain.packet import Verdict
from model.domain.reason import Reason

WORDLESS: Final = frozenset({"PKT-2a", "LB-6a", "POL-7", "OBS-1"})
"""Clauses that no packet can be told to have met: the model has nothing to note about them."""


@dataclass(slots=True)
class Tally:
    """Counts by name.

    `steps` are all that were compared, `packets` those of them that are packets; `refused` the
    packets that the kernel would not run, by its words. `verdicts`, `reasons`: packets. `clauses`:
    packets, operations and collector runs. `notes`: packets by clause and words. `transitions`: of
    TCP flows, `before > after`. `failures`: rounds whose operations were refused.
    """

    rounds: int = 0
    steps: int = 0
    packets: int = 0
    failures: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    clauses: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    transitions: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add another tally's counts."""
        for one in fields(self):
            mine, others = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(others)
            else:
                setattr(self, one.name, mine + others)

    def as_object(self) -> dict[str, Any]:
        """The counts for machines, names in order."""
        result: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            result[one.name] = dict(sorted(value.items())) if isinstance(value, Counter) else value
        return result

    @classmethod
    def from_object(cls, value: Any) -> Tally:
        """The tally that `as_object` gave. Raises WireError."""
        tally = cls()
        try:
            for one in fields(cls):
                given = value[one.name]
                setattr(tally, one.name, Counter(given) if isinstance(given, dict) else int(given))
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"statistics lack {error}; begin anew in another folder") from error
        return tally

    def vacuous(self) -> dict[str, list[str]]:
        """What was never reached: clauses, reasons, verdicts."""
        return {
            "clauses": [one for one in CLAUSES if one not in self.clauses and one not in WORDLESS],
            "reasons": [one.name.lower() for one in Reason if one.name.lower() not in self.reasons],
            "verdicts": [
                one.name.lower() for one in Verdict if one.name.lower() not in self.verdicts
            ],
        }
