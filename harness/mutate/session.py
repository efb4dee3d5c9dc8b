"""Results in one SQLite file: a run that was cut short, however, goes on where it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.mutate.mutant import Mutant
from harness.mutate.result import Class, Kill, Result
from harness.mutate.trial import Effort

FORMAT: Final = 1
BUSY_SECONDS: Final = 30.0
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS result (
    mutant TEXT PRIMARY KEY,
    program TEXT NOT NULL,
    oracle TEXT NOT NULL,
    corpora TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    fuzz REAL NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS result_code ON result (code);
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a result was made with: digests of the mutated side, of what judges it, of corpora.

    `evidence` holds the digests of all scenario files, `properties` is one of all properties.
    """

    program: str
    oracle: str
    corpora: str
    evidence: frozenset[str]
    properties: str = ""


class Session:
    """The file. Each process opens its own; `close` it, or use as a context manager.

    Raises UserError for a file that is none of these or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            self._prepare()
        except sqlite3.Error as error:
            raise UserError(f"--session {path}: {error}; name another file") from None

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version not in (0, FORMAT):
            raise UserError(f"--session {self.path}: made by another version; name another file")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)
        self._database.execute(f"PRAGMA user_version = {FORMAT}")

    def store(self, mutant: Mutant, result: Result, stamp: Stamp, effort: Effort) -> None:
        """Keep a result, in the place of an older one."""
        value = json.dumps({**asdict(result), "status": result.status.value})
        self._database.execute(
            "INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                mutant.identifier,
                stamp.program,
                stamp.oracle,
                stamp.corpora,
                result.status.value,
                result.code,
                effort.fuzz,
                value,
            ),
        )

    def find(self, mutant: Mutant, stamp: Stamp, effort: Effort) -> Result | None:
        """The mutant's result, if it still holds and as much was done as is asked for."""
        row = self._database.execute(
            "SELECT program, oracle, corpora, fuzz, value FROM result WHERE mutant = ?",
            (mutant.identifier,),
        ).fetchone()
        if row is None or row[0] != stamp.program:
            return None
        result = decoded(row[4])
        return result if holds(result, row[1:4], stamp, effort) else None

    def latest(self, mutant: Mutant) -> Result:
        """What was stored last of the mutant, whether it holds or not. Raises LookupError."""
        row = self._database.execute(
            "SELECT value FROM result WHERE mutant = ?", (mutant.identifier,)
        ).fetchone()
        if row is None:
            raise LookupError(f"{mutant.identifier} has no result")
        return decoded(row[0])

    def same_code(self, code: str, stamp: Stamp, effort: Effort) -> Result | None:
        """The result of another mutant with the same instructions."""
        rows = self._database.execute(
            "SELECT oracle, corpora, fuzz, value FROM result WHERE code = ? AND program = ? "
            "ORDER BY mutant",
            (code, stamp.program),
        )
        for *made_with, value in rows:
            result = decoded(value)
            final = result.kill is not None or result.status is Class.REFUSED
            if final and holds(result, made_with, stamp, effort):
                return result
        return None

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._database.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def decoded(value: str) -> Result:
    """A result from its text."""
    fields: dict[str, Any] = json.loads(value)
    kill = fields["kill"]
    if kill is not None:
        fields["kill"] = Kill(**{**kill, "kinds": tuple(kill["kinds"])})
    return Result(**{**fields, "status": Class(fields["status"])})


def holds(result: Result, made_with: Iterable[Any], stamp: Stamp, effort: Effort) -> bool:
    """Whether a result would come out the same today.

    A kill holds as long as the scenario that killed is there unchanged: more scenarios do not
    bring a mutant back to life. To have got through says nothing about changed corpora.
    """
    oracle, corpora, fuzz = made_with
    if result.status in (Class.EQUIVALENT, Class.REFUSED, Class.NOT_COMPILED):
        return True
    if oracle != stamp.oracle or result.status is Class.FAILED:
        return False
    if result.kill is not None:
        is_there = result.kill.evidence in {*stamp.evidence, stamp.properties, ""}
        return is_there and effort.rows <= result.matrix.keys()
    if effort.properties and result.properties != stamp.properties:
        return False
    return bool(corpora == stamp.corpora and fuzz >= effort.fuzz)
