"""Mutants made by hand, by the text that they change."""

from __future__ import annotations

from harness.commands.options import REPOSITORY
from harness.mutate.mutant import FOLDERS, Mutant, Side
from harness.mutate.operator import Replacement


def mutant(
    path: str, text: str, becomes: str, side: Side = Side.DATAPATH, clauses: tuple[str, ...] = ()
) -> Mutant:
    """The mutant that changes the first place of a shipped file that has this text."""
    data = (REPOSITORY / FOLDERS[side] / path).read_bytes()
    begin = data.find(text.encode())
    assert begin >= 0, f"{path} has no {text!r} any more"
    end = begin + len(text.encode())
    line = data.count(b"\n", 0, begin) + 1
    replacement = Replacement(begin, end, becomes.encode())
    return Mutant(side, path, "by-hand", replacement, line, line, "function", clauses, data)
