"""`twinpath gate`: what a pipeline asks about a change."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from harness.commands.exit_codes import ExitCode
from harness.commands.fuzz import MAXIMUM_WORKERS, span
from harness.commands.options import REPOSITORY, file_path, loader_option, loaders_of, save_option
from harness.commands.run import prepare
from harness.errors import UserError
from harness.gate.settings import STAGES, Settings
from harness.gate.tree import Tree, folder_tree, is_checked_out, revision_tree
from harness.kernel.cache import cache_folder
from harness.scratch import remove_scratch, scratch_folder

CORPORA: Final = REPOSITORY / "corpora"
KNOWN: Final = CORPORA / "known-divergences.toml"
LIMITS: Final = REPOSITORY / "ci" / "verifier-limits.toml"
SCRATCH: Final = ".gate-"
STORE: Final = "gate.sqlite"


def day(value: str) -> date:
    """A date as in 2027-01-31."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write it as in 2027-01-31") from None


def stages(value: str) -> frozenset[str]:
    """Names of stages, with commas between them."""
    names = frozenset(value.split(",") if value else ())
    unknown = sorted(names - set(STAGES))
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is no stage; one of {', '.join(STAGES)}")
    return names


@click.command(name="gate")
@click.argument("paths", nargs=-1, type=file_path, metavar="[PATH...]")
@click.option(
    "--base", default="HEAD", show_default=True, metavar="REV|FOLDER", help="What it is made from."
)
@click.option(
    "--head", metavar="REV|FOLDER", show_default="this repository", help="What is judged."
)
@click.option("--budget", type=span, default="10m", show_default=True, help="For all of it.")
@click.option("--fuzz", type=span, show_default="what is left", help="For fuzzing, at most.")
@click.option("--skip", type=stages, default="", metavar="STAGE,...", help=", ".join(STAGES))
@loader_option
@click.option(
    "--known",
    type=file_path,
    metavar="FILE",
    show_default="corpora/known-divergences.toml",
    help="Reviewed list of known divergences.",
)
@click.option(
    "--limits",
    type=file_path,
    metavar="FILE",
    show_default="ci/verifier-limits.toml",
    help="Reviewed limits of what programs may cost the verifier.",
)
@click.option("--today", type=day, metavar="DATE", help="The day that expiry is judged by.")
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, MAXIMUM_WORKERS),
    help="Processes for mutants and fuzzing.",
)
@click.option("--seed", default=0, show_default=True, help="What fuzzing's choices come from.")
@save_option
@click.option("--store", type=file_path, metavar="FILE", help="Add the run to this store.")
@click.option(
    "--annotations/--no-annotations",
    "annotated",
    default=None,
    show_default="in GitHub's pipelines",
    help="Print GitHub annotations.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(  # noqa: PLR0913, PLR0917 - the command's options
    paths: tuple[Path, ...],
    base: str,
    head: str | None,
    budget: float,
    fuzz: float | None,
    skip: frozenset[str],
    loader: str,
    known: Path | None,
    limits: Path | None,
    today: date | None,
    workers: int,
    seed: int,
    save: Path,
    store: Path | None,
    annotated: bool | None,
    as_json: bool,
) -> int:
    """Judge a change: regressions, corpora, cost, properties, mutants, fuzzing; head against base.

    PATHs are the corpora; without any, this repository's and the captures that were fetched. Only
    what is new on the head fails. Exit codes: 0 nothing new; 1 a new divergence, a property that
    fails, a program that costs too much; 2 interrupted, or the budget is spent too early; 4 bad
    input, or a reviewed file to be mended; 5 nothing compared.
    """
    prepare(save)
    with ExitStack() as stack:
        scratch = open_scratch(stack)
        head_tree = open_head(head, scratch)
        repository = head_tree.root if (head_tree.root / ".git").exists() else REPOSITORY
        base_tree = open_tree(base, repository, scratch / "base")
        if is_foreign(head_tree):
            context = click.get_current_context()
            return run_by(head_tree, own_arguments(context, base_tree, head_tree))
        settings = Settings(
            paths or default_paths(),
            tuple(loaders_of(loader)),
            reviewed(known, KNOWN),
            reviewed(limits, LIMITS),
            today or datetime.now().astimezone().date(),
            budget,
            fuzz,
            skip,
            workers,
            seed,
            save,
            store or scratch / STORE,
        )
        from harness.gate.gate import Gate  # noqa: PLC0415 - quick start-up
        from harness.gate.report import show, show_json  # noqa: PLC0415

        outcome = Gate(settings, base_tree, head_tree, scratch).run()
        if as_json:
            show_json(outcome)
        else:
            wanted = os.environ.get("GITHUB_ACTIONS") == "true" if annotated is None else annotated
            show(outcome, base_tree, wanted)
        return outcome.exit_code()


def open_scratch(stack: ExitStack) -> Path:
    """A folder that goes in the end; what killed gates left goes now. Raises UserError."""
    parent = cache_folder()
    remove_scratch(parent, SCRATCH)
    try:
        return stack.enter_context(scratch_folder(parent, SCRATCH))
    except OSError as error:
        raise UserError(f"{parent}: cannot be written: {error.strerror}; make room") from None


def open_head(name: str | None, scratch: Path) -> Tree:
    """The side that is judged. Raises UserError."""
    if name is None:
        return folder_tree(REPOSITORY, "the working tree")
    if not Path(name).is_dir() and is_checked_out(REPOSITORY, name):
        return folder_tree(REPOSITORY, name)
    return open_tree(name, REPOSITORY, scratch / "head")


def open_tree(name: str, repository: Path, into: Path) -> Tree:
    """A folder as it is, or a revision's files. Raises UserError."""
    if Path(name).is_dir():
        return folder_tree(Path(name), name)
    try:
        into.mkdir()
    except OSError as error:
        raise UserError(f"{into}: cannot be written: {error.strerror}; make room") from None
    return revision_tree(repository, name, into)


def is_foreign(head: Tree) -> bool:
    """Whether the head is another repository: then its own harness judges it, by its own model."""
    return head.has_harness and head.root.resolve() != REPOSITORY


def own_arguments(context: click.Context, base: Tree, head: Tree) -> list[str]:
    """The command line for the head's own gate, with both trees as they are found from here."""
    words = ["gate", *map(str, context.params["paths"])]
    words += ["--base", str(base.root.resolve()), "--head", str(head.root.resolve())]
    for option in context.command.params:
        name = option.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and isinstance(option, click.Option) and name not in ("base", "head"):
            words += option_words(option, context.params[name])
    return words


def option_words(option: click.Option, value: object) -> list[str]:
    """An option as it is written."""
    if option.is_flag:
        return [option.opts[0] if value else option.secondary_opts[0]]
    return [option.opts[0], ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)]


def run_by(head: Tree, arguments: Sequence[str]) -> int:
    """Run the head's own gate; its exit code."""
    from harness.gate.child import program, start  # noqa: PLC0415 - quick start-up

    with start(head, [*program(), *arguments]) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            return ExitCode.INTERRUPTED


def default_paths() -> tuple[Path, ...]:
    """The corpora, and real captures where they have been fetched."""
    from harness.capture.fetch.__main__ import default_folder  # noqa: PLC0415 - quick start-up

    captures = default_folder()
    return (CORPORA, captures) if captures.is_dir() else (CORPORA,)


def reviewed(given: Path | None, usual: Path) -> Path | None:
    """A reviewed file: the one that is named, or the usual one if it is there."""
    return given if given is not None or not usual.is_file() else usual
