"""`twinpath load`: load the datapath and show the verifier's figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from rich.table import Table

from harness.commands.options import loader_option, loaders_of, object_option
from harness.kernel.interface import ProgramStatistics
from harness.kernel.loader import LoaderName, load
from harness.report.console import out, print_json

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
    return 0


def measure(object_path: Path, loader: LoaderName) -> Mapping[str, ProgramStatistics]:
    """Load by one loader; the figures by program."""
    loaded = load(object_path, loader)
    try:
        return loaded.statistics()
    finally:
        loaded.close()


def table(figures: Mapping[str, Mapping[str, ProgramStatistics]]) -> Table:
    """Figures by loader and program."""
    result = Table(box=None, padding=(0, 2), pad_edge=False)
    for title in ("loader", "program"):
        result.add_column(title)
    for title in (
        "processed",
        "of limit",
        "states",
        "peak",
        "stack bytes",
        "verified in",
        "translated",
        "JITed bytes",
    ):
        result.add_column(title, justify="right")
    for loader, programs in figures.items():
        for name, one in programs.items():
            result.add_row(
                loader,
                name,
                f"{one.processed_instructions:,}",
                f"{one.processed_instructions / VERIFIER_LIMIT:.1%}",
                f"{one.total_states:,}",
                f"{one.peak_states:,}",
                str(one.stack),
                f"{one.verification_microseconds / 1000:.1f} ms",
                f"{one.translated_bytes // INSTRUCTION_BYTES:,}",
                f"{one.jited_bytes:,}",
            )
    return result
