"""Runs out of a store: everything that reports show comes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from harness.errors import NothingToCompareError
from harness.store.convert import covered_file, divergence_record
from harness.store.database import StoreError, open_for_reading, told
from harness.store.records import (
    ClauseCount,
    CoveredFile,
    DivergenceRecord,
    Measure,
    PastRun,
    ProgramCost,
    ReasonCount,
    Refusal,
    Run,
    RunFacts,
    RunState,
    ScenarioResult,
    ScenarioStatus,
)

TREND: Final = 30
"""Runs that a trend shows, the latest ones."""


class StoreReader:
    """A store that is read. Use as a context manager, or `close` it.

    Every method raises StoreError where the store cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = open_for_reading(path)

    def numbers(self) -> list[int]:
        """Numbers of all runs, the oldest first."""
        return [int(number) for (number,) in self._rows("SELECT number FROM run ORDER BY number")]

    def run(self, number: int | None = None) -> Run:
        """A run, the latest if no number is given.

        Raises NothingToCompareError for a store without runs, StoreError for a number that no
        run has.
        """
        numbers = self.numbers()
        if not numbers:
            raise NothingToCompareError(
                f"{self.path}: holds no run; `twinpath run --store` adds one"
            )
        wanted = numbers[-1] if number is None else number
        if wanted not in numbers:
            raise StoreError(f"{self.path}: has no run {wanted}; the latest is {numbers[-1]}")
        with told(self.path), self._snapshot(), self._sensible():
            return self._run(wanted)

    def history(self, last: int) -> tuple[PastRun, ...]:
        """Cost and figures of the runs up to one, the oldest first, so many at most."""
        with told(self.path), self._snapshot():
            rows = self._rows(
                "SELECT number, revision FROM run WHERE number <= ? ORDER BY number DESC LIMIT ?",
                last,
                TREND,
            )
            return tuple(
                PastRun(number, revision, self._programs(number), self._measures(number))
                for number, revision in reversed(rows)
            )

    def close(self) -> None:
        """Close the store. Safe to call twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Within this other writers are not seen."""
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    @contextmanager
    def _sensible(self) -> Iterator[None]:
        """Turns what a row that nobody of ours has written leads to into a line."""
        try:
            yield
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise StoreError(
                f"{self.path}: holds what no run has written ({type(error).__name__}); "
                "name another store"
            ) from None

    def _rows(self, query: str, *values: object) -> list[Any]:
        with told(self.path):
            return self._database.execute(query, values).fetchall()

    def _of(self, table: str, number: int) -> list[Any]:
        """Rows of a run, without its number, in the order of their keys."""
        order = "rowid" if table == "scenario" else "2, 3"
        rows = self._rows(f"SELECT * FROM {table} WHERE run = ? ORDER BY {order}", number)  # noqa: S608 - names of our tables
        return [row[1:] for row in rows]

    def _run(self, number: int) -> Run:
        (row,) = self._rows("SELECT * FROM run WHERE number = ?", number)
        _, state, command, seed, kernel, clang, path, digest, revision, loaders = row
        names = tuple(loaders.split())
        return Run(
            number,
            RunState(state),
            RunFacts(command, seed, kernel, clang, path, digest, revision, names),
            tuple(self._scenario(one) for one in self._of("scenario", number)),
            tuple(ClauseCount(*one) for one in self._of("clause", number)),
            tuple(ReasonCount(*one) for one in self._of("reason", number)),
            tuple(Refusal(*one) for one in self._of("refusal", number)),
            self._divergences(number),
            self._coverage(number),
            self._programs(number),
            self._measures(number),
        )

    def _scenario(self, row: tuple[Any, ...]) -> ScenarioResult:
        loader, name, path, family, status, *rest = row
        return ScenarioResult(loader, name, path, family, ScenarioStatus(status), *rest)

    def _divergences(self, number: int) -> tuple[DivergenceRecord, ...]:
        rows = self._rows(
            "SELECT number, standing, standing_reason, location, value FROM divergence "
            "WHERE run = ? ORDER BY number",
            number,
        )
        return tuple(divergence_record(*row) for row in rows)

    def _coverage(self, number: int) -> tuple[CoveredFile, ...]:
        rows = self._rows(
            "SELECT side, file, value, text FROM coverage JOIN source ON hash = source "
            "WHERE run = ? ORDER BY side, file",
            number,
        )
        return tuple(covered_file(*row) for row in rows)

    def _programs(self, number: int) -> tuple[ProgramCost, ...]:
        return tuple(ProgramCost(*row) for row in self._of("program", number))

    def _measures(self, number: int) -> tuple[Measure, ...]:
        return tuple(
            Measure(loader, name, value, unit, bool(lower))
            for loader, name, value, unit, lower in self._of("measure", number)
        )


def latest_run(path: Path) -> Run:
    """The latest run of a store. Raises NothingToCompareError, StoreError."""
    with StoreReader(path) as store:
        return store.run()
