"""What there is to run below some paths: scenario files and captures, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Final

from harness.errors import NothingToCompareError, UserError
from harness.step import Scenario

SCENARIO_SUFFIXES: Final = (".yaml", ".yml")
CAPTURE_SUFFIXES: Final = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz")
MAPPING_SUFFIXES: Final = (".map.yaml", ".map.yml")
SHARED_SUFFIXES: Final = (".topology.yaml", ".topology.yml")


@dataclass(frozen=True, slots=True)
class Source:
    """One file to run."""

    path: Path
    is_capture: bool

    def scenarios(self) -> list[Scenario]:
        """What the file holds: one scenario, or one for each family. Raises UserError."""
        if self.is_capture:
            from harness.capture.load import load_capture  # noqa: PLC0415 - quick start-up

            return [load_capture(self.path)]
        from harness.scenario.load import load_scenarios  # noqa: PLC0415 - imports Scapy

        return load_scenarios(self.path)


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """Scenario files and captures named by `paths`, or in folders among them, in order of name.

    A file that is named is taken whatever its suffix: as a scenario if it has a scenario's, as a
    capture otherwise. Of folders, what is hidden in them is left out. Raises UserError for a path
    that is not there, NothingToCompareError where there is nothing to run.
    """
    paths = list(paths)
    found = [source for path in paths for source in sources_of(path)]
    if not found:
        names = ", ".join(str(path) for path in paths)
        raise NothingToCompareError(
            f"{names}: no scenario (*.yaml) and no capture (*.pcap, *.pcapng) in it"
        )
    return list(dict.fromkeys(found))


def sources_of(path: Path) -> Iterator[Source]:
    """Sources of one path."""
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            raise UserError(f"{path}: the folder cannot be read; see who it belongs to")
        for below in sorted(path.rglob("*")):
            if not is_hidden(below.relative_to(path)) and below.is_file() and is_source(below):
                yield source_of(below)
    elif path.is_file():
        yield source_of(path)
    elif path.exists():
        raise UserError(f"{path}: is neither a file nor a folder; copy what it gives into a file")
    else:
        raise UserError(f"{path}: there is no such file or folder; check the spelling")


def source_of(path: Path) -> Source:
    """A file as a scenario or a capture, by its name."""
    return Source(path, not path.name.lower().endswith(SCENARIO_SUFFIXES))


def is_hidden(path: Path) -> bool:
    """Whether a path leads through something hidden."""
    return any(part.startswith(".") for part in path.parts)


def is_source(path: Path) -> bool:
    """Whether a file in a folder is something to run, by its name."""
    name = path.name.lower()
    if name.endswith(MAPPING_SUFFIXES + SHARED_SUFFIXES):
        return False
    return name.endswith(SCENARIO_SUFFIXES + CAPTURE_SUFFIXES)


def matches(scenario: Scenario, pattern: str | None) -> bool:
    """Whether a scenario is wanted: a shell pattern or a part of its name or path, or a clause.

    A clause's id is taken whole: CT-1 is not CT-10. A shell pattern will do there too.
    """
    if pattern is None or any(fnmatchcase(clause, pattern) for clause in scenario.clauses):
        return True
    return any(
        pattern in word or fnmatchcase(word, pattern) for word in (scenario.name, scenario.path)
    )


def shuffled(sources: list[Source], seed: int) -> list[Source]:
    """The sources in the order of a seed; seed 0 leaves them in order of name."""
    if seed:
        sources = list(sources)
        Random(seed).shuffle(sources)  # noqa: S311 - an order, no secret
    return sources
