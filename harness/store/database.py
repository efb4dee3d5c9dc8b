"""The file itself: opened, made, guarded against other files and other formats."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.store.schema import APPLICATION, FORMAT, SCHEMA

BUSY_SECONDS: Final = 60.0
"""So long a run waits for another that writes to the same store."""


class StoreError(UserError):
    """A store that is not there, is none, or cannot be read or written."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns what SQLite says within this into a line about the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}; name another store") from None


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a store, made if it is not there. Raises StoreError.

    The journal is SQLite's own default: a store at rest is one file, which a pipeline can keep, and
    what has been committed is in it even if the process is killed in the next moment.
    """
    with told(path):
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(database, path)
        except BaseException:
            database.close()
            raise
    return database


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a store that is there. Raises StoreError."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no such store; `twinpath run --store` writes one")
    with told(path):
        # Not opened read-only: after a killed run SQLite may have to roll its journal back first.
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _require(database, path)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Within this all or nothing is written. Raises StoreError."""
    with told(path):
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            _roll_back(database)
            raise
        database.execute("COMMIT")


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("BEGIN IMMEDIATE")
    try:
        if _is_empty(database):
            for statement in SCHEMA.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {FORMAT}")
        _require(database, path)
    except BaseException:
        _roll_back(database)
        raise
    database.execute("COMMIT")


def _roll_back(database: sqlite3.Connection) -> None:
    """Undo what has begun. On a full disk SQLite has done so itself, and would complain here."""
    if database.in_transaction:
        database.execute("ROLLBACK")


def _is_empty(database: sqlite3.Connection) -> bool:
    (objects,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not objects


def _require(database: sqlite3.Connection, path: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise StoreError(f"{path}: is a database, but no store of results; name another file")
    if version != FORMAT:
        raise StoreError(f"{path}: a store of format {version}, not {FORMAT}; begin a new one")
