"""`twinpath report`: a stored run in the form that somebody wants to read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from harness.commands.exit_codes import ExitCode
from harness.commands.options import file_path
from harness.report.console import out
from harness.report.text import write_report
from harness.store.reader import StoreReader
from harness.store.records import PastRun, Run

TERMINAL: Final = "terminal"
WIDTH: Final = 120
"""Columns of the terminal's form in a file."""


@click.command(name="report")
@click.argument("store", type=file_path, metavar="STORE")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "junit", "sarif", "github", "markdown", "jsonl", "html"]),
    default=TERMINAL,
    show_default=True,
    help="What the report is for.",
)
@click.option("--run", "number", type=click.IntRange(1), help="Its number; the latest if left out.")
@click.option("-o", "--output", type=file_path, metavar="FILE", help="Write it here.")
def command(store: Path, form: str, number: int | None, output: Path | None) -> int:
    """Report on a run that `run --store` or `gate` has written down.

    Exit code 0: the report is made, whatever it says; 4: it cannot be; 5: the store holds no run.
    """
    with StoreReader(store) as reader:
        run = reader.run(number)
        history = reader.history(run.number)
    if form == TERMINAL and output is None:
        from harness.report.terminal import stored_run  # noqa: PLC0415 - quick start-up

        out.print(stored_run(run))
    elif output is None:
        out.file.write(made(form)(run, history))
    else:
        write_report(output, made(form)(run, history))
    return ExitCode.AGREEMENT


def made(form: str) -> Callable[[Run, tuple[PastRun, ...]], str]:
    """Who makes a form; each is imported when it is asked for."""
    from harness.report import annotations, jsonl, junit, markdown, sarif  # noqa: PLC0415
    from harness.report.page import as_page  # noqa: PLC0415

    forms: dict[str, Callable[[Run, tuple[PastRun, ...]], str]] = {
        TERMINAL: lambda run, _: as_text(run),
        "junit": lambda run, _: junit.as_junit(run),
        "sarif": lambda run, _: sarif.as_sarif(run),
        "github": lambda run, _: annotations.as_annotations(run),
        "markdown": markdown.as_markdown,
        "jsonl": lambda run, _: jsonl.as_jsonl(run),
        "html": as_page,
    }
    return forms[form]


def as_text(run: Run) -> str:
    """The terminal's form as plain text."""
    from harness.report.terminal import stored_run  # noqa: PLC0415 - quick start-up

    file = io.StringIO()
    Console(file=file, width=WIDTH, highlight=False, color_system=None).print(stored_run(run))
    return file.getvalue()
