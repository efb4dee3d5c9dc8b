"""All mutants of a side, in the order of its files; and those of them that are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.mutate.c_source import parse_c
from harness.mutate.clause_comments import clauses_around
from harness.mutate.mutant import FOLDERS, Mutant, Side
from harness.mutate.operator import Replacement
from harness.mutate.operators.c import OPERATORS as C_OPERATORS
from harness.mutate.operators.python import OPERATORS as PYTHON_OPERATORS
from harness.mutate.python_source import parse_python

REPOSITORY: Final = Path(__file__).parents[2]
SUFFIXES: Final = {Side.DATAPATH: ".h", Side.MODEL: ".py"}
LEFT_OUT: Final = {
    Side.DATAPATH: ("layout.h", "event_layout.h", "reason.h", "maps.h", "byte_order.h", "platform"),
    Side.MODEL: ("clauses.py", "trace.py", "__init__.py"),
}
"""Declarations that both sides take from one place, and what depends on the loader alone.

`clauses.py` and `trace.py` are words for explanations.
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which mutants are asked for. `changed`: lines by path in the repository; None: any."""

    sides: tuple[Side, ...] = (Side.DATAPATH,)
    operators: frozenset[str] = frozenset()
    pattern: str | None = None
    changed: Mapping[str, Collection[int]] | None = None
    sample: int | None = None
    repository: Path = field(default=REPOSITORY)


def operator_names(sides: Iterable[Side]) -> dict[str, str]:
    """Titles of all operators of some sides by name."""
    tables = {
        Side.DATAPATH: {one.name: one.title for one in C_OPERATORS},
        Side.MODEL: {one.name: one.title for one in PYTHON_OPERATORS},
    }
    return {name: title for side in sides for name, title in tables[side].items()}


def all_mutants(side: Side, repository: Path = REPOSITORY) -> Iterator[Mutant]:
    """Every mutant of a side. Two operators that make the same change make one mutant."""
    folder = repository / FOLDERS[side]
    for path in sorted(folder.rglob("*" + SUFFIXES[side])):
        relative = path.relative_to(folder)
        if not set(relative.parts) & set(LEFT_OUT[side]):
            yield from mutants_of(side, relative.as_posix(), path.read_bytes())


def mutants_of(side: Side, path: str, data: bytes) -> Iterator[Mutant]:
    """Every mutant of one source, by place."""
    found: dict[Replacement, str] = {}
    for operator, replacement in _replacements(side, data):
        if data[replacement.begin : replacement.end] != replacement.text:
            found.setdefault(replacement, operator)
    scopes = _Scopes(side, data)
    for replacement in sorted(found):
        yield scopes.mutant(path, found[replacement], replacement)


def _replacements(side: Side, data: bytes) -> Iterator[tuple[str, Replacement]]:
    if side is Side.DATAPATH:
        c_source = parse_c(data)
        for operator in C_OPERATORS:
            yield from ((operator.name, one) for one in operator.find(c_source))
    else:
        python_source = parse_python(data)
        for other in PYTHON_OPERATORS:
            yield from ((other.name, one) for one in other.find(python_source))


class _Scopes:
    """Lines of a source, and which function with its comment a place is in."""

    def __init__(self, side: Side, data: bytes) -> None:
        self.side = side
        self.data = data
        self.text = data.decode()
        source = parse_c(data) if side is Side.DATAPATH else parse_python(data)
        self.functions = source.functions

    def mutant(self, path: str, operator: str, replacement: Replacement) -> Mutant:
        """The mutant with what its surroundings say about it."""
        begin, end, _ = replacement
        name, first, last = next(
            (one for one in self.functions if one[1] <= begin < one[2]), ("", begin, end)
        )
        characters = [
            len(self.data[:place].decode()) for place in (self._comment_before(first), last)
        ]
        return Mutant(
            self.side,
            path,
            operator,
            replacement,
            self.data.count(b"\n", 0, begin) + 1,
            self.data.count(b"\n", 0, end) + 1,
            name,
            clauses_around(self.text, characters[0], characters[1]),
            self.data,
        )

    def _comment_before(self, begin: int) -> int:
        """Where the block of lines without an empty one begins that leads to a body."""
        found = self.data.rfind(b"\n\n", 0, begin)
        return 0 if found < 0 else found


def chosen(wish: Wish) -> list[Mutant]:
    """The mutants that are asked for. Raises UserError for an unknown operator."""
    names = operator_names(wish.sides)
    unknown = sorted(wish.operators - set(names))
    if unknown:
        raise UserError(f"--operators {unknown[0]}: unknown; one of {', '.join(names)}")
    found = [
        mutant
        for side in wish.sides
        for mutant in all_mutants(side, wish.repository)
        if _is_wanted(mutant, wish)
    ]
    return found if wish.sample is None else sampled(found, wish.sample)


def _is_wanted(mutant: Mutant, wish: Wish) -> bool:
    if wish.operators and mutant.operator not in wish.operators:
        return False
    if wish.pattern is not None and not _matches(mutant, wish.pattern):
        return False
    if wish.changed is None:
        return True
    lines = wish.changed.get(mutant.file, ())
    return any(line in lines for line in range(mutant.line, mutant.last_line + 1))


def _matches(mutant: Mutant, pattern: str) -> bool:
    """A part or shell pattern of `file:line`, an identifier, or a clause."""
    if pattern in mutant.clauses or pattern == mutant.identifier:
        return True
    return pattern in mutant.where or fnmatchcase(mutant.where, pattern)


def sampled(mutants: list[Mutant], count: int) -> list[Mutant]:
    """So many of the mutants, drawn by their identifiers: the same ones each time."""
    ranked = sorted(mutants, key=lambda one: hashlib.sha256(one.identifier.encode()).digest())
    wanted = {one.identifier for one in ranked[:count]}
    return [one for one in mutants if one.identifier in wanted]
