"""Whatever ends a command, the program ends in a line and an exit code that says which it was."""

from __future__ import annotations

import errno
import os
from types import SimpleNamespace

import click
import pytest

from harness.commands import main
from harness.commands.exit_codes import ExitCode
from harness.errors import NothingToCompareError, UserError
from tests.commands.command_line import Shell, bash, only_line
from tests.open_files import open_files

PATHS = click.Argument(["paths"])
RUN = click.Context(click.Command("run"), info_name="twinpath run")
FULL = OSError(errno.ENOSPC, "No space left on device")


class CommandLine:
    """Stands for click: a command that raises something, or returns it."""

    def __init__(self, end: BaseException | int | None) -> None:
        self.end = end
        self.given: dict[str, object] = {}

    def main(self, **given: object) -> int | None:
        self.given = given
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end


def ends(monkeypatch: pytest.MonkeyPatch, end: BaseException | int | None) -> list[str]:
    """From now on every command ends like this; the list says when output is thrown away."""
    thrown: list[str] = []
    monkeypatch.setattr(main, "cli", CommandLine(end))
    monkeypatch.setattr(main, "discard", lambda _: thrown.append("thrown away"))
    return thrown


@pytest.mark.parametrize("code", list(ExitCode))
def test_the_code_of_a_command_is_the_programs(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, code: ExitCode
) -> None:
    thrown = ends(monkeypatch, int(code))
    done = shell.run("run")
    assert (done.code, done.out, done.err, thrown) == (code, "", "", [])


def test_a_command_without_a_code_agrees_and_click_leaves_errors_to_us(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends(monkeypatch, None)
    assert shell.run("run", "x").code == ExitCode.AGREEMENT
    line = main.cli
    assert isinstance(line, CommandLine)
    assert line.given == {"args": ["run", "x"], "prog_name": "twinpath", "standalone_mode": False}


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [
        (UserError("bad scenario"), ExitCode.USAGE, "bad scenario"),
        (NothingToCompareError("no packets"), ExitCode.NOTHING_COMPARED, "no packets"),
        (click.ClickException("no room."), ExitCode.USAGE, "no room."),
        (click.BadParameter("zero"), ExitCode.USAGE, "Invalid value: zero"),
        (
            click.UsageError("No such command 'nun'.", RUN),
            ExitCode.USAGE,
            "No such command 'nun'; twinpath run --help says what it takes",
        ),
        (
            click.MissingParameter(param=PATHS, ctx=RUN),
            ExitCode.USAGE,
            "Missing argument 'PATHS'; twinpath run --help says what it takes",
        ),
        (
            click.MissingParameter(param=PATHS),
            ExitCode.USAGE,
            "Missing argument 'PATHS'; twinpath --help says what it takes",
        ),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted"),
        (click.Abort(), ExitCode.INTERRUPTED, "interrupted"),
        (main.InterruptError(), ExitCode.INTERRUPTED, "interrupted"),
        (
            MemoryError("no more"),
            ExitCode.INTERNAL_ERROR,
            "internal error: MemoryError: no more (this is a bug; TWINPATH_DEBUG=1 shows where)",
        ),
        (
            OSError(errno.EPERM, "not permitted"),
            ExitCode.INTERNAL_ERROR,
            "internal error: PermissionError: [Errno 1] not permitted "
            "(this is a bug; TWINPATH_DEBUG=1 shows where)",
        ),
    ],
)
def test_what_goes_wrong_in_a_command_is_one_line(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    end: BaseException,
    code: ExitCode,
    says: str,
) -> None:
    thrown = ends(monkeypatch, end)
    done = shell.run("run")
    assert (done.code, done.out, thrown) == (code, "", [])
    assert only_line(done) == says


@pytest.mark.parametrize(
    "error", [FULL, OSError(errno.EDQUOT, "Disk quota exceeded"), OSError(errno.EFBIG, "too large")]
)
def test_no_room_for_the_output_is_one_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    thrown = ends(monkeypatch, error)
    done = shell.run("run")
    assert (done.code, thrown) == (ExitCode.USAGE, ["thrown away"])
    assert only_line(done) == f"the output cannot be written: {error.strerror}; make room for it"


@pytest.mark.parametrize("end", [BrokenPipeError(), SystemExit(1)])
def test_a_reader_that_is_gone_is_no_divergence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    """Click ends the program with 1 there."""
    thrown = ends(monkeypatch, end)
    done = shell.run("run")
    assert (done.code, done.out, done.err) == (ExitCode.INTERRUPTED, "", "")
    assert thrown == ["thrown away"]


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (BrokenPipeError(), ExitCode.INTERRUPTED, ""),
        (FULL, ExitCode.USAGE, "No space left on device; make room for it"),
        (OSError(errno.EIO, "I/O error"), ExitCode.USAGE, "I/O error; send it elsewhere"),
    ],
)
def test_what_cannot_be_written_at_the_very_end_is_no_agreement(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: OSError, code: ExitCode, says: str
) -> None:
    def fails() -> None:
        raise error

    thrown = ends(monkeypatch, 0)
    monkeypatch.setattr(main, "out", SimpleNamespace(file=SimpleNamespace(flush=fails)))
    done = shell.run("run")
    assert (done.code, thrown) == (code, ["thrown away"])
    assert done.err == (says and f"twinpath: the output cannot be written: {says}\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["--version", "run nothing.yaml"])
def test_an_output_that_is_not_open_for_writing_is_one_line(command: str, unbuffered: str) -> None:
    done = bash(f"PYTHONUNBUFFERED={unbuffered} twinpath {command} 1</dev/null")
    assert done.code == ExitCode.USAGE
    assert only_line(done) == (
        "the output cannot be written: Bad file descriptor; send it elsewhere"
    )


def test_what_is_thrown_away_goes_nowhere_and_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A reader that is gone stays gone, and the interpreter ends without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    before = open_files()
    monkeypatch.setattr(main, "STANDARD_OUTPUT", writer)
    main.discard(main.STANDARD_OUTPUT)
    assert os.write(writer, b"lost") == 4
    assert open_files() == before
    os.close(writer)


@pytest.mark.parametrize("end", [UserError("bad"), RuntimeError("worse")])
def test_where_a_bug_is_can_be_seen_and_a_users_error_stays_a_line(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, end: Exception
) -> None:
    ends(monkeypatch, end)
    monkeypatch.setenv("TWINPATH_DEBUG", "1")
    if isinstance(end, UserError):
        assert shell.run("run").code == ExitCode.USAGE
    else:
        with pytest.raises(RuntimeError, match="worse"):
            shell.run("run")
