"""One difference between two sides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """Which comparison found a difference."""

    VERDICT = "verdict"
    REDIRECT = "redirect"
    BYTES = "bytes"
    CONTEXT = "context"
    FAULT = "fault"
    EVENT = "event"
    COUNTER = "counter"
    ENTRY = "entry"
    DAMAGE = "damage"
    EXPECTATION = "expectation"


class Absent:
    """Stands for a value that one side does not have at all."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """What one field should be and what it is.

    `where` names what the field belongs to: a packet layer, an entry's key, an event's place.
    Either value can be ABSENT: something is missing, or there is something extra.
    """

    kind: Kind
    where: str
    field: str
    expected: object
    actual: object
