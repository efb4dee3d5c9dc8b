"""What a run has shown of each clause, by loader and family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from harness.lockstep.claims import is_about
from model.domain.address import Family


class Status(Enum):
    """What can be said of a clause."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NOT_EXERCISED = "not exercised"


@dataclass(slots=True)
class Cell:
    """One clause by one loader in one family.

    `hits` and `misses` are files whose claim held: the clause was met, or was not met where it must
    not be. `met` counts the scenarios that met it, claimed or not; `failures` names those that
    speak against it.
    """

    hits: set[str] = field(default_factory=set)
    misses: set[str] = field(default_factory=set)
    met: int = 0
    failures: set[str] = field(default_factory=set)

    @property
    def status(self) -> Status:
        """The verdict: one failure outweighs everything."""
        if self.failures:
            return Status.FAIL
        return Status.PASS if self.hits or self.met else Status.NOT_EXERCISED


@dataclass(slots=True)
class Evidence:
    """Cells by clause, loader and family, for some clauses and loaders."""

    clauses: tuple[str, ...]
    loaders: tuple[str, ...]
    cells: dict[tuple[str, str, Family], Cell] = field(default_factory=dict)

    def cell(self, clause: str, loader: str, family: Family) -> Cell:
        """One cell; an empty one where nothing was seen."""
        return self.cells.setdefault((clause, loader, family), Cell())

    def cells_of(self, clause: str) -> Iterable[Cell]:
        """The cells of a clause: every loader, and every family that it is about."""
        return (self.cell(clause, *place) for place in self.places(clause))

    def places(self, clause: str) -> list[tuple[str, Family]]:
        """Loaders and families that a clause has to be seen in."""
        families = [family for family in Family if is_about(clause, family)]
        return [(loader, family) for loader in self.loaders for family in families]

    def status(self, clause: str) -> Status:
        """Over all loaders and families: the worst."""
        found = {cell.status for cell in self.cells_of(clause)}
        for worst in (Status.FAIL, Status.NOT_EXERCISED):
            if worst in found:
                return worst
        return Status.PASS

    def hits(self, clause: str) -> list[str]:
        """Files that hit a clause, in order of name."""
        return sorted(set().union(*(cell.hits for cell in self.cells_of(clause))))

    def misses(self, clause: str) -> list[str]:
        """Files that come near to a clause without meeting it, in order of name."""
        return sorted(set().union(*(cell.misses for cell in self.cells_of(clause))))

    def failures(self, clause: str) -> list[str]:
        """Scenarios that speak against a clause, in order of name."""
        return sorted(set().union(*(cell.failures for cell in self.cells_of(clause))))

    def with_status(self, status: Status) -> list[str]:
        """Clauses of a status, in the specification's order."""
        return [clause for clause in self.clauses if self.status(clause) is status]

    def without_miss(self) -> list[str]:
        """Clauses that were met but that nothing came near to without meeting them."""
        return [
            clause
            for clause in self.clauses
            if self.status(clause) is Status.PASS
            and not all(cell.misses for cell in self.cells_of(clause))
        ]
