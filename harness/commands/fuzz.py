"""`twinpath fuzz`: look for divergences with generated scenarios."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from harness.commands.exit_codes import ExitCode
from harness.commands.options import file_path, object_option, save_option
from harness.errors import UserError
from harness.fuzz.campaign import Limits, Progress
from harness.fuzz.control import Control
from harness.fuzz.focus import read_focus
from harness.fuzz.report import as_object, statistics_table, summary
from harness.fuzz.settings import Settings
from harness.kernel.interface import LoaderName
from harness.report.console import complain, out, print_json

SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
UNITS: Final = {None: 1, "s": 1, "m": 60, "h": 3600}
MAXIMUM_WORKERS: Final = 256


def span(value: str) -> float:
    """Seconds of a span of time: `90`, `90s`, `5m`, `2h`."""
    found = SPAN.fullmatch(value.strip())
    if found is None or not float(found[1]):
        raise click.BadParameter(f"{value!r} is no span of time; give one as in 90s, 5m or 2h")
    return float(found[1]) * UNITS[found[2]]


@click.command(name="fuzz")
@click.option("--max-time", type=span, metavar="SPAN", help="Stop after 90s, 5m, 2h.")
@click.option("--max-steps", type=click.IntRange(1), help="Stop after so many steps.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first divergence.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, MAXIMUM_WORKERS),
    help="Processes.",
)
@click.option("--seed", default=0, show_default=True, help="What every choice comes from.")
@click.option("--corpus", type=file_path, metavar="FOLDER", help="Folder to go on with.")
@save_option
@click.option("--focus", metavar="CLAUSE|FILE", help="Clause, or file whose clauses, to aim at.")
@object_option
@click.option(
    "--loader",
    type=click.Choice([name.value for name in LoaderName]),
    default=LoaderName.LIBBPF.value,
    show_default=True,
    help="How the datapath gets into the kernel.",
)
@click.option("--dask", metavar="ADDRESS", help="Scheduler of Dask workers to run on.")
@click.option("--unguided", is_flag=True, help="Count no branches of the datapath.")
@click.option("-v", "--verbose", is_flag=True, help="Show every count at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    max_time: float | None,
    max_steps: int | None,
    fail_fast: bool,
    workers: int,
    seed: int,
    corpus: Path | None,
    save: Path,
    focus: str | None,
    object_path: Path,
    loader: str,
    dask: str | None,
    unguided: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Generate scenarios, run them on both sides, and keep to what reaches something new.

    Goes on until a limit is reached or Ctrl-C. With --corpus it goes on where the last campaign in
    that folder stopped; without, it starts from nothing, and findings go below --save.
    """
    if not object_path.exists():
        raise UserError(f"--object {object_path}: there is no such file; check the spelling")
    settings = Settings(
        seed,
        object_path.resolve(),
        LoaderName(loader),
        save.absolute() if corpus is None else None,
        focus=read_focus(focus) if focus is not None else (),
        guided=not unguided,
    )
    control = Control(settings, Limits(max_time, max_steps, fail_fast), corpus, workers, dask)
    progress = control.run()
    if as_json:
        print_json(as_object(progress, seed, workers))
    else:
        if verbose:
            out.print(statistics_table(progress))
        for line in summary(progress, seed):
            out.print(Text(line), soft_wrap=True)
    return judge(progress)


def judge(progress: Progress) -> ExitCode:
    """The exit code: agreement is only said of packets that were compared."""
    if progress.findings:
        return ExitCode.DIVERGENCE
    if progress.interrupted:
        complain("interrupted; what was compared until then is shown")
        return ExitCode.INTERRUPTED
    return ExitCode.AGREEMENT if progress.tally.packets else ExitCode.NOTHING_COMPARED
