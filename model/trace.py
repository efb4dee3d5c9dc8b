"""What the specification did with a packet, as typed notes: clause, words, value.

The machines call `Trace.note`; who reads the notes (explain, coverage, the fuzzer) is none of their
business. Notes are cheap, so they are always taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

new: Final = tuple.__new__
"""Makes a named tuple without the detour by its own constructor: every packet takes notes."""


class Note(NamedTuple):
    """One look-up or decision, and the clause that calls for it."""

    clause: str
    what: str
    value: object = None


@dataclass(slots=True)
class Trace:
    """Notes of one packet, in order."""

    notes: list[Note] = field(default_factory=list)

    def note(self, clause: str, what: str, value: object = None) -> None:
        """Take a note. `what` is a constant phrase; `value` says what was found or decided."""
        self.notes.append(new(Note, (clause, what, value)))
