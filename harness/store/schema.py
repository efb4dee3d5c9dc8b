"""The store's tables. Counts are columns; what only reports read of a divergence is JSON."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1
"""The file's `user_version`. A store of another format is refused, never guessed at."""

APPLICATION: Final = 0x54575001
"""The file's `application_id`, by which a store is told from any other SQLite file."""

SCHEMA: Final = """
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    command TEXT NOT NULL,
    seed INTEGER NOT NULL,
    kernel TEXT NOT NULL,
    clang TEXT NOT NULL,
    object TEXT NOT NULL,
    object_hash TEXT NOT NULL,
    revision TEXT NOT NULL,
    loaders TEXT NOT NULL
);
CREATE TABLE scenario (
    run INTEGER NOT NULL REFERENCES run,
    loader TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    family TEXT NOT NULL,
    status TEXT NOT NULL,
    steps INTEGER NOT NULL,
    packets INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    evicted INTEGER NOT NULL,
    seconds REAL NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX scenario_run ON scenario (run);
CREATE TABLE clause (
    run INTEGER NOT NULL REFERENCES run,
    loader TEXT NOT NULL,
    family TEXT NOT NULL,
    clause TEXT NOT NULL,
    agreed INTEGER NOT NULL,
    diverged INTEGER NOT NULL,
    misses INTEGER NOT NULL,
    PRIMARY KEY (run, loader, family, clause)
) WITHOUT ROWID;
CREATE TABLE reason (
    run INTEGER NOT NULL REFERENCES run,
    loader TEXT NOT NULL,
    family TEXT NOT NULL,
    reason TEXT NOT NULL,
    packets INTEGER NOT NULL,
    PRIMARY KEY (run, loader, family, reason)
) WITHOUT ROWID;
CREATE TABLE refusal (
    run INTEGER NOT NULL REFERENCES run,
    loader TEXT NOT NULL,
    error TEXT NOT NULL,
    packets INTEGER NOT NULL,
    PRIMARY KEY (run, loader, error)
) WITHOUT ROWID;
CREATE TABLE divergence (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,
    fingerprint TEXT NOT NULL,
    standing TEXT NOT NULL,
    standing_reason TEXT NOT NULL,
    location TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX divergence_run ON divergence (run);
CREATE TABLE source (
    hash TEXT PRIMARY KEY,
    text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE coverage (
    run INTEGER NOT NULL REFERENCES run,
    side TEXT NOT NULL,
    file TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES source,
    value TEXT NOT NULL,
    PRIMARY KEY (run, side, file)
) WITHOUT ROWID;
CREATE TABLE program (
    run INTEGER NOT NULL REFERENCES run,
    loader TEXT NOT NULL,
    program TEXT NOT NULL,
    processed INTEGER NOT NULL,
    states INTEGER NOT NULL,
    peak_states INTEGER NOT NULL,
    stack INTEGER NOT NULL,
    microseconds INTEGER NOT NULL,
    instructions INTEGER NOT NULL,
    jited_bytes INTEGER NOT NULL,
    PRIMARY KEY (run, loader, program)
) WITHOUT ROWID;
CREATE TABLE measure (
    run INTEGER NOT NULL REFERENCES run,
    loader TEXT NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    lower_is_better INTEGER NOT NULL,
    PRIMARY KEY (run, loader, name)
) WITHOUT ROWID;
"""
