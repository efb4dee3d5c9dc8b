"""Figures of performance that are measured after a run, put beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from harness.errors import NothingToCompareError
from harness.store.database import open_for_reading, transaction
from harness.store.records import Measure


def add_measures(path: Path, object_hash: str, measures: Iterable[Measure]) -> int:
    """Add figures to the latest run of a store, whose number is the answer.

    A figure that the run has already is replaced. `object_hash`: SHA-256 of the object that was
    measured. Raises NothingToCompareError where the latest run is of another object, StoreError.
    """
    number = matching_run(path, object_hash)
    database = open_for_reading(path)
    try:
        with transaction(database, path):
            database.executemany(
                "INSERT OR REPLACE INTO measure VALUES (?, ?, ?, ?, ?, ?)",
                ((number, *astuple(one)) for one in measures),
            )
    finally:
        database.close()
    return number


def matching_run(path: Path, object_hash: str) -> int:
    """Number of a store's latest run, if it was of that object.

    Raises NothingToCompareError, StoreError.
    """
    database = open_for_reading(path)
    try:
        row = database.execute(
            "SELECT number, object_hash FROM run ORDER BY number DESC LIMIT 1"
        ).fetchone()
    finally:
        database.close()
    if row is None or row[1] != object_hash:
        what = "holds no run" if row is None else f"run {row[0]} was of another object"
        raise NothingToCompareError(
            f"{path}: {what}; run `twinpath run --store {path}` on what is measured first"
        )
    return int(row[0])
