"""Entry point: finds the subcommand, and turns whatever goes wrong into a line and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

import click

from harness.commands.exit_codes import ExitCode
from harness.errors import NothingToCompareError, UserError
from harness.report.console import complain, out
from harness.signals import terminate_as_interrupt

COMMANDS: Final = {
    "run": "Run scenarios and captures on both sides in lockstep.",
    "replay": "Run a saved divergence again.",
    "compare": "Run two builds of the datapath side by side.",
    "explain": "Show a packet's way through the specification.",
    "conform": "Report clause by clause whether a datapath keeps the specification.",
    "doctor": "Say what this machine can do and how to mend the rest.",
    "fuzz": "Look for divergences with generated scenarios.",
    "corpus": "Make a campaign's corpus smaller, or merge and import others.",
    "gate": "Judge a change: what is new on the head against its base.",
    "load": "Load the datapath and show the verifier's figures.",
    "bench": "Measure what the datapath and the tester cost.",
    "report": "Make a report of a stored run.",
    "coverage": "Show which branches of both sides corpora reach.",
    "mutate": "Plant faults in either side and see what notices them.",
}
PROGRAM: Final = "twinpath"
DEBUG_VARIABLE: Final = "TWINPATH_DEBUG"
STANDARD_OUTPUT: Final = 1
STANDARD_ERROR: Final = 2
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class InterruptError(Exception):
    """Ctrl-C, out of click's hands: it would print an empty line."""


class OutputError(Exception):
    """Standard output takes nothing; the message says why, and how to mend it."""

    def __init__(self, error: OSError) -> None:
        advice = "make room for it" if error.errno in NO_ROOM else "send it elsewhere"
        super().__init__(f"the output cannot be written: {error.strerror}; {advice}")


class LazyCommands(click.Group):
    """Imports a subcommand when it is asked for, so that start-up stays quick."""

    def invoke(self, context: click.Context) -> object:
        """Run the subcommand. Raises InterruptError."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            raise InterruptError from None

    def list_commands(self, _context: click.Context) -> list[str]:
        """Names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The subcommand in the module of its name."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"harness.commands.{name}").command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of subcommands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twinpath", message="twinpath %(version)s")
def cli() -> None:
    """Run a datapath and its specification side by side, and report where they differ.

    Exit codes: 0 agreement, 1 divergence, 2 interrupted, 3 internal error, 4 usage or bad
    input, 5 nothing compared.
    """


def main() -> None:
    """Run the command line and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name can be anything; what the encoding does not know is shown by its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    with terminate_as_interrupt():
        code = run(sys.argv[1:])
    settle_errors()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code."""
    try:
        with writing():
            probe_output()
        code = guarded(arguments)
        with writing():
            out.file.flush()
    except BrokenPipeError:
        discard(STANDARD_OUTPUT)
        return ExitCode.INTERRUPTED
    except OutputError as error:
        discard(STANDARD_OUTPUT)
        complain(str(error))
        return ExitCode.USAGE
    return code


@contextmanager
def writing() -> Iterator[None]:
    """Within this the system's errors are standard output's. Raises OutputError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error) from None


def guarded(arguments: list[str]) -> int:
    """Run one command line; whatever goes wrong in it is said in a line."""
    try:
        return ExitCode(cli.main(args=arguments, prog_name=PROGRAM, standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return ExitCode.USAGE
    except click.ClickException as error:
        complain(told(error))
        return ExitCode.USAGE
    except UserError as error:
        complain(str(error))
        nothing = isinstance(error, NothingToCompareError)
        return ExitCode.NOTHING_COMPARED if nothing else ExitCode.USAGE
    except (InterruptError, KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return ExitCode.INTERRUPTED
    except SystemExit:
        # Only click does this, where it meets a broken pipe itself: with the code of a divergence.
        raise BrokenPipeError from None
    except Exception as error:
        if isinstance(error, BrokenPipeError):
            raise
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise OutputError(error) from None
        if os.environ.get(DEBUG_VARIABLE):
            raise
        complain(
            f"internal error: {type(error).__name__}: {error} "
            f"(this is a bug; {DEBUG_VARIABLE}=1 shows where)"
        )
        return ExitCode.INTERNAL_ERROR


def told(error: click.ClickException) -> str:
    """What is wrong with a command line, and where no value is at fault, what tells more."""
    words = error.format_message()
    is_missing = isinstance(error, click.MissingParameter)
    has_wrong_value = isinstance(error, click.BadParameter) and not is_missing
    if has_wrong_value or not isinstance(error, click.UsageError):
        return words
    path = error.ctx.command_path if error.ctx else PROGRAM
    return f"{words.rstrip('.')}; {path} --help says what it takes"


def probe_output() -> None:
    """Whether standard output, where there is one, is open for writing. Raises OSError."""
    if sys.stdout is not None:
        os.write(STANDARD_OUTPUT, b"")


def settle_errors() -> None:
    """Where the last words cannot be written the exit code has to do: it stays what it is."""
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        discard(STANDARD_ERROR)


def discard(descriptor: int) -> None:
    """Send what has not been written to nowhere, so that the interpreter's end is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


if __name__ == "__main__":
    main()
