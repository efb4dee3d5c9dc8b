"""`twinpath load`: load the datapath and show the verifier's figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from rich.table import Table

from harness.commands.exit_codes import ExitCode
from harness.commands.options import loader_option, loaders_of, object_option
from harness.kernel.interface import ProgramStatistics
from harness.kernel.loader import LoaderName, load
from harness.report.console import out, print_json
from harness.report.tables import plain_table

INSTRUCTION_BYTES = 8
VERIFIER_LIMIT = 1_000_000


@click.command(name="load")
@object_option
@loader_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(object_path: Path, loader: str, as_json: bool) -> int:
    """Load the datapath, show what the verifier said of each program, and unload it."""
    figures = {name.value: measure(object_path, name) for name in loaders_of(loader)}
    if as_json:
        print_json(
            {
                "object": str(object_path),
                "loaders": {
                    name: {program: one._asdict() for program, one in programs.items()}
                    for name, programs in figures.items()
                },
            }
        )
    else:
        out.print(table(figures))
    return ExitCode.AGREEMENT


def measure(object_path: Path, loader: LoaderName) -> Mapping[str, ProgramStatistics]:
    """Load by one loader; the figures by program."""
    loaded = load(object_path, loader)
    try:
        return loaded.statistics()
    finally:
        loaded.close()


def table(figures: Mapping[str, Mapping[str, ProgramStatistics]]) -> Table:
    """A column for each loader and program."""
    columns = [
        (f"{loader}\n{name}", one)
        for loader, programs in figures.items()
        for name, one in programs.items()
    ]
    result = plain_table([""], [title for title, _ in columns])
    cells = [cells_of(one) for _, one in columns]
    for label in cells[0]:
        result.add_row(label, *(cell[label] for cell in cells))
    return result


def cells_of(one: ProgramStatistics) -> dict[str, str]:
    """One program's figures in words, by label."""
    return {
        "processed": f"{one.processed_instructions:,}",
        "of the limit": f"{one.processed_instructions / VERIFIER_LIMIT:.1%}",
        "states": f"{one.total_states:,}",
        "peak states": f"{one.peak_states:,}",
        "stack bytes": f"{one.stack:,}",
        "verified in": f"{one.verification_microseconds / 1000:.1f} ms",
        "instructions": f"{one.translated_bytes // INSTRUCTION_BYTES:,}",
        "JITed bytes": f"{one.jited_bytes:,}",
    }
