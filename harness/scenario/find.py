"""What there is to run under some paths: scenario files and captures, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from harness.scenario.error import FormatError, NothingToRunError, Place
from harness.scenario.load import load_scenarios
from harness.step import Scenario

SCENARIO_SUFFIXES: Final = (".yaml", ".yml")
OTHER_SUFFIXES: Final = (".topology.yaml", ".topology.yml", ".map.yaml")
"""YAML files beside scenarios and captures that are none themselves."""

CAPTURE_SUFFIXES: Final = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".cap.gz")


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Scenario files and captures: files as given, folders searched through, by name, none twice.

    Hidden folders and files are passed over. Raises NothingToRunError where nothing is found, and
    FormatError for a path that does not exist or is of no known kind.
    """
    given = tuple(paths)
    found = dict.fromkeys(file for path in given for file in files_of(path))
    if not found:
        where = Place(", ".join(str(path) for path in given) or "no path given")
        remedy = "give a .yaml scenario, a .pcap capture, or a folder of them"
        raise NothingToRunError(where, "nothing to run", remedy)
    return tuple(found)


def files_of(path: Path) -> Iterator[Path]:
    """The files of one path."""
    if path.is_dir():
        yield from walk(path)
    elif not path.exists():
        raise FormatError(Place(str(path)), "there is no such file", "check the path")
    elif is_scenario(path) or is_capture(path):
        yield path
    else:
        remedy = "give a .yaml scenario or a .pcap or .pcapng capture"
        raise FormatError(Place(str(path)), "is neither a scenario nor a capture", remedy)


def walk(folder: Path) -> Iterator[Path]:
    """The files of a folder and its folders, sorted; links to folders are not followed."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(root, name)
            if not name.startswith(".") and (is_scenario(file) or is_capture(file)):
                yield file


def is_scenario(path: Path) -> bool:
    """Whether a file is a scenario, by its name."""
    return path.name.endswith(SCENARIO_SUFFIXES) and not path.name.endswith(OTHER_SUFFIXES)


def is_capture(path: Path) -> bool:
    """Whether a file is a capture, by its name."""
    return path.name.endswith(CAPTURE_SUFFIXES)


def load_file(path: Path, gap: int | None = None) -> list[Scenario]:
    """The scenarios of a file, or a capture as one. `gap`: see load_capture. FormatError."""
    if is_scenario(path):
        return load_scenarios(path)
    from harness.capture.load import load_capture  # noqa: PLC0415 - captures are not always run

    return [load_capture(path, gap)]


def find_scenarios(paths: Iterable[Path], gap: int | None = None) -> Iterator[Scenario]:
    """The scenarios of all files under some paths, each file read when its turn comes.

    Raises what `find_files` and `load_file` raise.
    """
    for path in find_files(paths):
        yield from load_file(path, gap)
