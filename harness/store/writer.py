"""One run on its way into a store: each call is one transaction, so that a kill loses nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import astuple
from enum import Enum
from pathlib import Path
from typing import Self

from harness.store.convert import covered_text, divergence_text, location_text
from harness.store.database import open_for_writing, transaction
from harness.store.records import (
    ClauseCount,
    CoveredFile,
    DivergenceRecord,
    Location,
    Measure,
    ProgramCost,
    ReasonCount,
    Refusal,
    RunFacts,
    RunState,
    ScenarioResult,
    Standing,
)


class RunWriter:
    """Writes one run; several processes may write runs to one store at once.

    Use as a context manager, or `close` it. A run that is closed without `end` stays unfinished,
    and reports say so. Every method raises StoreError.
    """

    def __init__(self, path: Path, facts: RunFacts) -> None:
        self.path = path
        self._database = open_for_writing(path)
        try:
            self.number = self._begin(facts)
        except BaseException:
            self._database.close()
            raise

    def _begin(self, facts: RunFacts) -> int:
        *plain, loaders = astuple(facts)
        row = (RunState.UNFINISHED.value, *plain, " ".join(loaders))
        with self._transaction():
            cursor = self._insert("run", (None, *row))
        return int(cursor.lastrowid or 0)

    def scenario(
        self,
        result: ScenarioResult,
        clauses: Iterable[ClauseCount] = (),
        reasons: Iterable[ReasonCount] = (),
        refusals: Iterable[Refusal] = (),
    ) -> None:
        """Add one scenario's result, and its counts to those of the run."""
        row = astuple(result)
        with self._transaction():
            self._insert("scenario", (self.number, *(plain(value) for value in row)))
            self._add("clause", ("agreed", "diverged", "misses"), clauses)
            self._add("reason", ("packets",), reasons)
            self._add("refusal", ("packets",), refusals)

    def clauses(self, counts: Iterable[ClauseCount]) -> None:
        """Add counts of clauses to those of the run."""
        with self._transaction():
            self._add("clause", ("agreed", "diverged", "misses"), counts)

    def divergence(self, record: DivergenceRecord) -> int:
        """Add a divergence; its number, by which more can be said of it."""
        row = (
            self.number,
            record.fingerprint,
            record.standing.value,
            record.standing_reason,
            location_text(record.location),
            divergence_text(record),
        )
        with self._transaction():
            cursor = self._insert("divergence", (None, *row))
        return int(cursor.lastrowid or 0)

    def replace_divergence(self, number: int, record: DivergenceRecord) -> None:
        """Tell a divergence anew, once it has been looked into."""
        with self._transaction():
            self._database.execute(
                "UPDATE divergence SET fingerprint = ?, value = ? WHERE number = ?",
                (record.fingerprint, divergence_text(record), number),
            )

    def locate(self, number: int, location: Location) -> None:
        """Say where in the sources a divergence comes from."""
        with self._transaction():
            self._database.execute(
                "UPDATE divergence SET location = ? WHERE number = ?",
                (location_text(location), number),
            )

    def judge(self, number: int, standing: Standing, reason: str) -> None:
        """Say whether a divergence counts against the run, and why it does not."""
        with self._transaction():
            self._database.execute(
                "UPDATE divergence SET standing = ?, standing_reason = ? WHERE number = ?",
                (standing.value, reason, number),
            )

    def coverage(self, files: Iterable[CoveredFile]) -> None:
        """Keep what ran of both sides, with the sources as they were."""
        with self._transaction():
            for one in files:
                key = hashlib.sha256(one.source.encode()).hexdigest()
                self._database.execute(
                    "INSERT OR IGNORE INTO source VALUES (?, ?)", (key, one.source)
                )
                self._insert("coverage", (self.number, one.side, one.file, key, covered_text(one)))

    def programs(self, costs: Iterable[ProgramCost]) -> None:
        """Keep what the programs cost the verifier."""
        with self._transaction():
            for one in costs:
                self._insert("program", (self.number, *astuple(one)))

    def measures(self, measures: Iterable[Measure]) -> None:
        """Keep figures of performance."""
        with self._transaction():
            for one in measures:
                self._insert("measure", (self.number, *astuple(one)))

    def end(self, state: RunState) -> None:
        """Say how the run ended."""
        with self._transaction():
            self._database.execute(
                "UPDATE run SET state = ? WHERE number = ?", (state.value, self.number)
            )

    def close(self) -> None:
        """Close the store. Safe to call twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction(self._database, self.path)

    def _insert(self, table: str, row: tuple[object, ...]) -> sqlite3.Cursor:
        places = ", ".join("?" * len(row))
        return self._database.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - names of our tables

    def _add(
        self,
        table: str,
        counts: tuple[str, ...],
        rows: Iterable[ClauseCount | ReasonCount | Refusal],
    ) -> None:
        """Insert rows of counts, or add them to those under the same key."""
        sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in counts)
        for one in rows:
            values = (self.number, *astuple(one))
            places = ", ".join("?" * len(values))
            self._database.execute(
                f"INSERT INTO {table} VALUES ({places}) ON CONFLICT DO UPDATE SET {sums}",  # noqa: S608
                values,
            )


def plain(value: object) -> object:
    """A value as SQLite takes it."""
    return value.value if isinstance(value, Enum) else value
