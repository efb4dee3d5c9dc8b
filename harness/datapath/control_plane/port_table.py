"""Rules of one protocol as a function of the port, and that function as pages (POL-1, POL-7)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from harness.datapath.codec.policy import PAGE_ENTRIES

NO_RULE = 0
"""The entry where no rule decides."""


class Span(NamedTuple):
    """Ports `first` to `last` that one rule matches, and the entry that says how it decides."""

    first: int
    last: int
    entry: int


class Piece(NamedTuple):
    """From this port up to the next piece the same entry decides."""

    first: int
    entry: int


UpperPage = tuple[int | tuple[int, ...], ...]
"""256 entries by the port's upper byte: for all its 256 ports, or one by one."""

PortTable = int | UpperPage
"""The entry for all ports, or a page."""


def decide(spans: Sequence[Span], ports: int) -> list[Piece]:
    """Pieces for ports 0 to `ports` - 1. The first span that holds a port decides it.

    No two neighbouring pieces have the same entry.
    """
    bounds = {0}.union(*((span.first, span.last + 1) for span in spans))
    starts = sorted(bound for bound in bounds if bound < ports)
    entries = [NO_RULE] * len(starts)
    for span in reversed(spans):
        left, right = bisect_left(starts, span.first), bisect_left(starts, span.last + 1)
        entries[left:right] = [span.entry] * (right - left)
    pieces = [Piece(0, entries[0])]
    for start, entry in zip(starts, entries, strict=True):
        if entry != pieces[-1].entry:
            pieces.append(Piece(start, entry))
    return pieces


def port_table(pieces: Sequence[Piece]) -> PortTable:
    """The table of all 65,536 ports."""
    if len(pieces) == 1:
        return pieces[0].entry
    starts = [piece.first for piece in pieces]
    at_block_start = [Piece(-(-piece.first // PAGE_ENTRIES), piece.entry) for piece in pieces]
    blocks: list[int | tuple[int, ...]] = [*_entries(at_block_start, 0, PAGE_ENTRIES)]
    for block in dict.fromkeys(start // PAGE_ENTRIES for start in starts if start % PAGE_ENTRIES):
        start, end = block * PAGE_ENTRIES, (block + 1) * PAGE_ENTRIES
        inside = pieces[bisect_right(starts, start) - 1 : bisect_left(starts, end)]
        blocks[block] = tuple(_entries(inside, start, end))
    return tuple(blocks)


def protocol_table(pieces: Sequence[Piece]) -> PortTable:
    """The table of protocols without one of their own; their number stands in the port's place."""
    if len(pieces) == 1:
        return pieces[0].entry
    lower = tuple(_entries(pieces, 0, PAGE_ENTRIES))
    return (lower, *(NO_RULE,) * (PAGE_ENTRIES - 1))


def _entries(pieces: Sequence[Piece], start: int, end: int) -> list[int]:
    """Entries of the numbers from `start` to `end` - 1, all of which the pieces hold."""
    entries: list[int] = []
    for piece, following in pairwise((*pieces, Piece(end, NO_RULE))):
        entries += [piece.entry] * (following.first - max(piece.first, start))
    return entries
