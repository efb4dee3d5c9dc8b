"""Records to JSON and back, for what is kept as one text."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from harness.store.records import (
    CoveredFile,
    DivergenceRecord,
    FieldDifference,
    Location,
    MissedBranch,
    PacketField,
    Place,
    Standing,
    TimelineEntry,
)

COLUMNS = ("number", "standing", "standing_reason", "location")
"""Fields of a divergence that have columns of their own: they change after it is written."""


def divergence_text(record: DivergenceRecord) -> str:
    """A divergence without what is kept in columns."""
    fields = asdict(record)
    return json.dumps({name: fields[name] for name in fields if name not in COLUMNS})


def divergence_record(
    number: int, standing: str, standing_reason: str, location: str, value: str
) -> DivergenceRecord:
    """A divergence from its row."""
    fields: dict[str, Any] = json.loads(value)
    fields["differences"] = tuple(FieldDifference(**one) for one in fields["differences"])
    fields["fields"] = tuple(PacketField(**one) for one in fields["fields"])
    fields["notes"] = tuple((clause, words) for clause, words in fields["notes"])
    fields["timeline"] = tuple(timeline_entry(one) for one in fields["timeline"])
    record = DivergenceRecord(**fields)
    return replace(
        record,
        number=number,
        standing=Standing(standing),
        standing_reason=standing_reason,
        location=location_record(location),
    )


def timeline_entry(fields: dict[str, Any]) -> TimelineEntry:
    """A step of a time line from its JSON object."""
    lists = {name: tuple(fields[name]) for name in ("clauses", "entries")}
    return TimelineEntry(**{**fields, **lists})


def location_text(location: Location) -> str:
    """A location as text."""
    return json.dumps(asdict(location))


def location_record(text: str) -> Location:
    """A location from its text."""
    fields: dict[str, Any] = json.loads(text)
    model = fields["model"]
    return Location(
        tuple(Place(**one) for one in fields["datapath"]),
        None if model is None else Place(**model),
        fields["problem"],
    )


def covered_text(file: CoveredFile) -> str:
    """A file's coverage without what is kept in columns."""
    fields = asdict(file)
    return json.dumps({name: fields[name] for name in fields if name not in COVERED_COLUMNS})


COVERED_COLUMNS = ("side", "file", "source")


def covered_file(side: str, file: str, value: str, source: str) -> CoveredFile:
    """A file's coverage from its row."""
    fields: dict[str, Any] = json.loads(value)
    return CoveredFile(
        side,
        file,
        tuple(fields["run"]),
        tuple(fields["missed"]),
        fields["branches"],
        fields["branches_reached"],
        tuple(MissedBranch(**one) for one in fields["missed_branches"]),
        source,
    )
