"""`twinpath corpus`: make a campaign's corpus smaller, or larger by what others have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import file_path, object_option
from harness.datapath.bench import Bench
from harness.errors import NothingToCompareError, UserError
from harness.fuzz.corpus.folder import CorpusFolder
from harness.fuzz.corpus.reduce import Measure, add_new, minimise, pieces
from harness.fuzz.corpus.store import case_files
from harness.fuzz.settings import Settings
from harness.report.console import out, print_json
from harness.scenario.load import load_scenarios
from harness.sources import find_sources
from harness.step import Scenario

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(name="corpus")
def command() -> None:
    """Care for the folder of a fuzzing campaign (`twinpath fuzz --corpus`)."""


@command.command(name="minimise")
@click.argument("folder", type=file_path, metavar="FOLDER")
@object_option
@json_option
def minimise_command(folder: Path, object_path: Path, as_json: bool) -> int:
    """Leave only cases that together reach what all of them reach."""
    with existing(folder) as corpus, Bench() as bench:
        before, after = minimise(Measure(bench, Settings(object_path=object_path)), corpus.queue)
    return tell(as_json, cases=before, kept=after, removed=before - after)


@command.command(name="merge")
@click.argument("folder", type=file_path, metavar="FOLDER")
@click.argument("others", nargs=-1, required=True, type=file_path, metavar="OTHER...")
@object_option
@json_option
def merge_command(folder: Path, others: tuple[Path, ...], object_path: Path, as_json: bool) -> int:
    """Add the cases of other campaigns to FOLDER that reach something new."""
    return add(folder, cases_of(others), object_path, as_json)


@command.command(name="import")
@click.argument("folder", type=file_path, metavar="FOLDER")
@click.argument("paths", nargs=-1, required=True, type=file_path, metavar="PATH...")
@object_option
@json_option
def import_command(folder: Path, paths: tuple[Path, ...], object_path: Path, as_json: bool) -> int:
    """Add what reaches something new in scenario files and captures to FOLDER."""
    sources = find_sources(paths)
    found = (piece for one in sources for scenario in one.scenarios() for piece in pieces(scenario))
    return add(folder, found, object_path, as_json)


def existing(folder: Path) -> CorpusFolder:
    """A folder that has a queue. Raises UserError."""
    if not (folder / "queue").is_dir():
        raise UserError(f"{folder}: holds no campaign; give a folder that --corpus was given")
    return CorpusFolder(folder)


def cases_of(folders: tuple[Path, ...]) -> Iterator[Scenario]:
    """The cases of some campaigns. Raises UserError."""
    for folder in folders:
        if not (folder / "queue").is_dir():
            raise UserError(f"{folder}: holds no campaign; give a folder that --corpus was given")
        for file in case_files(folder / "queue"):
            yield from load_scenarios(file)


def add(folder: Path, cases: Iterator[Scenario], object_path: Path, as_json: bool) -> int:
    """Add cases to a folder, new or not, and tell."""
    with CorpusFolder(folder) as corpus, Bench() as bench:
        measure = Measure(bench, Settings(object_path=object_path))
        count, added = add_new(measure, corpus.queue, cases)
    if not count:
        raise NothingToCompareError(f"{folder}: there was no case to add; look at the folders")
    return tell(as_json, cases=count, added=added)


def tell(as_json: bool, **figures: int) -> int:
    """The figures, for people or for machines."""
    if as_json:
        print_json(figures)
    else:
        words = (f"{number:,} {name}" for name, number in figures.items())
        out.print(Text(", ".join(words)))
    return ExitCode.AGREEMENT
