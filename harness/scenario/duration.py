"""Spans of time as people write them: `60s`, `1.5ms`, `tcp_opening - 1ns`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Final

from harness.scenario.document import Node, Scalar
from harness.scenario.error import FormatError, one_of, shown
from harness.scenario.reading import Reader, scalar
from model.domain.configuration import Timeouts

UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
LONGEST: Final = 1 << 62
"""Nanoseconds; about 146 years."""

TIMEOUT_NAMES: Final = tuple(field.name for field in fields(Timeouts))
TERM: Final = re.compile(r"\s*([+-])?\s*([0-9.]*)([A-Za-z_]*)")


def duration(timeouts: Timeouts, low: int = 0) -> Reader[int]:
    """A span of time in nanoseconds, of at least `low`. Timeouts may be named (CT-3)."""

    def read(node: Node) -> int:
        word = scalar(node)
        total = sum(terms(word, timeouts))
        if not low <= total <= LONGEST:
            raise FormatError(word.place, f"{shown(word.text)} is out of range", "at least 1ns")
        return total

    return read


def terms(word: Scalar, timeouts: Timeouts) -> Iterator[int]:
    """The signed parts of a sum, in nanoseconds."""
    position = 0
    while position < len(word.text):
        match = TERM.match(word.text, position)
        if match is None or match.end() == position or (position and not match[1]):
            place = word.at(position)
            raise FormatError(place, f"{shown(word.text)} is no time", "write 60s or 60s + 1ns")
        value = term(word, match, timeouts)
        yield -value if match[1] == "-" else value
        position = match.end()


def term(word: Scalar, match: re.Match[str], timeouts: Timeouts) -> int:
    """One part of a sum: a number with its unit, or the name of a timeout."""
    number, name = match[2], match[3]
    place = word.at(match.start(2))
    if not number:
        if name in TIMEOUT_NAMES:
            return int(getattr(timeouts, name))
        raise FormatError(place, f"unknown timeout {shown(name)}", one_of(TIMEOUT_NAMES, name))
    if not name:
        raise FormatError(place, f"{shown(number)} without a unit", f"write {number}s")
    if name not in UNITS:
        raise FormatError(place, f"unknown unit {shown(name)}", one_of(UNITS, name))
    if not re.fullmatch(r"[0-9]{1,19}(\.[0-9]{1,9})?", number):
        raise FormatError(place, f"{shown(number)} is no number", "write 60s or 1.5ms")
    value = Decimal(number) * UNITS[name]
    if value != int(value):
        raise FormatError(place, f"{number}{name} is no whole number of nanoseconds")
    return int(value)


def format_duration(nanoseconds: int) -> str:
    """The shortest notation in one unit."""
    for unit in ("h", "m", "s", "ms", "us"):
        if nanoseconds and nanoseconds % UNITS[unit] == 0:
            return f"{nanoseconds // UNITS[unit]}{unit}"
    return f"{nanoseconds}ns"
