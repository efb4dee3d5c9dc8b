"""What a campaign has come to know: cases, and what they reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Knowledge:
    """Cases in order (as harness.fuzz.wire writes them), and features.

    `focused` are the places of those cases that lead to what the campaign is focused on.
    """

    cases: list[str] = field(default_factory=list)
    features: list[int] = field(default_factory=list)
    focused: list[int] = field(default_factory=list)

    def add(self, other: Knowledge) -> None:
        """Take in what is new."""
        self.focused += (len(self.cases) + place for place in other.focused)
        self.cases += other.cases
        self.features += other.features

    def add_case(self, case: str, features: list[int], focused: bool) -> None:
        """Take in one case."""
        if focused:
            self.focused.append(len(self.cases))
        self.cases.append(case)
        self.features += features

    def as_object(self) -> dict[str, Any]:
        """As JSON."""
        return {"cases": self.cases, "features": self.features, "focused": self.focused}

    @classmethod
    def from_object(cls, value: dict[str, Any]) -> Knowledge:
        """What `as_object` gave."""
        return cls(value["cases"], value["features"], value["focused"])
