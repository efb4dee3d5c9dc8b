"""Clauses of the specification against what a stored run met of them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.store.family import FAMILIES
from harness.store.records import ClauseCount, Run
from model.clauses import CLAUSES, NOT_NOTED, ONLY_IN


@dataclass(frozen=True, slots=True)
class Cell:
    """One clause by one loader in one family. `applies`: whether it is about that family."""

    agreed: int = 0
    diverged: int = 0
    misses: int = 0
    applies: bool = True


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause: cells by loader and family, in the order of `columns`."""

    clause: str
    says: str
    cells: tuple[Cell, ...]
    not_noted: str = ""

    @property
    def agreed(self) -> int:
        """Packets over all loaders and families."""
        return sum(one.agreed for one in self.cells)

    @property
    def diverged(self) -> int:
        """Divergences over all loaders and families."""
        return sum(one.diverged for one in self.cells)

    @property
    def misses(self) -> int:
        """Near misses over all loaders and families."""
        return sum(one.misses for one in self.cells)

    @property
    def status(self) -> str:
        """`diverges`, `exercised` or `not exercised`."""
        if self.diverged:
            return "diverges"
        return "exercised" if self.agreed else "not exercised"

    @property
    def topic(self) -> str:
        """The clause's topic: PKT, CT, LB, ..."""
        return self.clause.partition("-")[0]


def columns(run: Run) -> list[tuple[str, str]]:
    """Loader and family of each column."""
    return [(loader, family) for loader in run.facts.loaders for family in FAMILIES]


def clause_rows(run: Run) -> list[ClauseRow]:
    """A row for each clause, in the specification's order."""
    counts = {(one.clause, one.loader, one.family): one for one in run.clauses}
    return [
        ClauseRow(
            clause,
            says,
            tuple(cell(counts, clause, *place) for place in columns(run)),
            NOT_NOTED.get(clause, ""),
        )
        for clause, says in CLAUSES.items()
    ]


def cell(
    counts: dict[tuple[str, str, str], ClauseCount], clause: str, loader: str, family: str
) -> Cell:
    """One cell of the table."""
    only = ONLY_IN.get(clause)
    applies = only is None or family == only.name.lower()
    found = counts.get((clause, loader, family))
    if found is None:
        return Cell(applies=applies)
    return Cell(found.agreed, found.diverged, found.misses, applies)


def exercised(rows: list[ClauseRow]) -> int:
    """Clauses that something met."""
    return sum(1 for row in rows if row.agreed or row.diverged)
