"""Which clauses a place in a source is about: those that the comments around it name."""

from __future__ import annotations

import re
from typing import Final

from model.clauses import CLAUSES

_CLAUSE: Final = re.compile(r"\b(?:PKT|CT|LB|NAT|POL|FRAG|OBS)-\d+[a-z]?\b")
_RANGE: Final = re.compile(r"\b([A-Z]+)-(\d+)([a-z]?) (?:to|and) (?:\1-)?(\d*)([a-z]?)\b")
_TOPIC: Final = re.compile(r"\((PKT|CT|LB|NAT|POL|FRAG|OBS)\)")


def named(text: str) -> list[str]:
    """The clauses that a comment names, ranges and whole topics written out."""
    found = [clause for clause in _CLAUSE.findall(text) if clause in CLAUSES]
    for topic, first, _, last, _ in _RANGE.findall(text):
        numbers = range(int(first), int(last or first) + 1)
        prefixes = tuple(f"{topic}-{number}" for number in numbers)
        found += [clause for clause in CLAUSES if clause.rstrip("abcdefgh") in prefixes]
    for topic in _TOPIC.findall(text):
        found += [clause for clause in CLAUSES if clause.startswith(f"{topic}-")]
    return found


def clauses_around(text: str, begin: int, end: int) -> tuple[str, ...]:
    """Clauses of the piece of `text` from `begin` to `end` first, then those of the file's head."""
    head = "\n".join(text.splitlines()[:12])
    return tuple(dict.fromkeys([*named(text[begin:end]), *named(head)]))
