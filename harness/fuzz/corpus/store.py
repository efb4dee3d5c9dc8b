"""A campaign's folder, as users of AFL know it.

    queue/         cases that reached something new, a scenario file each
    divergences/   findings, a folder each, as `twinpath run` saves them; below `unexamined` those
                   that nobody has had the time to look into
    refused/       packets that the kernel would not run
    fuzzer_stats   the latest figures, `key : value`
    plot_data      the same over time, a line each

Files are named by their contents, and appear whole or not at all: whatever kills a campaign, the
next one finds a folder that it can go on with.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.scenario.write import write_scenario
from harness.step import Scenario

SUFFIX: Final = ".yaml"
UNFINISHED: Final = ".unfinished-"
NAME_DIGITS: Final = 16


class CorpusError(UserError):
    """A corpus folder that cannot be read or written."""


def save_case(folder: Path, case: Scenario) -> Path:
    """Write a case as a scenario file named by its text; one that is there is left alone.

    Raises CorpusError.
    """
    text = write_scenario(case, notation=False)
    path = folder / (sha256(text.encode()).hexdigest()[:NAME_DIGITS] + SUFFIX)
    if not path.exists():
        write_whole(path, text)
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there with all of its text, or as it was. Raises CorpusError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be written: {error.strerror}; make room") from error


def append_line(path: Path, line: str) -> None:
    """Add a line to a file. Raises CorpusError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be written: {error.strerror}; make room") from error


def case_files(folder: Path) -> list[Path]:
    """The cases in a folder, by name."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def remove_unfinished(folder: Path) -> None:
    """Clear away what a killed campaign left half-written."""
    for leftover in unfinished(folder):
        leftover.unlink(missing_ok=True)


def unfinished(folder: Path) -> Iterator[Path]:
    """Files that were never finished."""
    for below in (folder, folder / "queue", folder / "refused"):
        yield from (path for path in below.glob(f"{UNFINISHED}*") if path.is_file())
