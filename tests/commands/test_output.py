"""Where words go: pipes get plain text, broken ones are quiet, terminals get what fits."""

from __future__ import annotations

import os
import pty
import re
import struct
from fcntl import ioctl
from pathlib import Path
from subprocess import DEVNULL, Popen
from termios import TIOCSWINSZ

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import PROGRAM, ROOT, Shell, bash, twinpath

ESCAPE = "\x1b"


def in_terminal(*arguments: object, folder: Path, columns: int) -> str:
    """What a terminal of so many columns gets to see, both outputs."""
    master, slave = pty.openpty()
    ioctl(slave, TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES"):  # a run of tests in several processes sets them
        environment.pop(name, None)
    command = [str(PROGRAM), *(str(one) for one in arguments)]
    process = Popen(command, cwd=folder, stdin=DEVNULL, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(master)
    process.wait(timeout=60)
    return shown.decode()


def plain(text: str) -> str:
    """Text without escape codes."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_pipe_gets_no_escape_codes(folder: Path, mutant: Path) -> None:
    done = twinpath("run", "-v", folder, "--object", mutant, folder=folder)
    assert done.code == ExitCode.DIVERGENCE
    assert ESCAPE not in done.out + done.err
    assert "\r" not in done.out + done.err


def test_a_terminal_gets_colours_and_whole_words(folder: Path, mutant: Path) -> None:
    shown = in_terminal("run", "shop.yaml", "--object", mutant, folder=folder, columns=60)
    assert ESCAPE in shown
    (saved,) = (folder / "divergences").iterdir()
    lines = plain(shown).replace("\r\n", "\n").splitlines()
    line = f"replay divergences/{saved.name} --loader libbpf --object {mutant}"
    assert [one for one in lines if one.endswith(line)], "the line to paste is not broken up"
    boxed = [one for one in lines if one.startswith("│")]
    assert boxed
    assert {len(one) for one in boxed} == {len(boxed[0])}, "nothing is printed into the box"
    assert len(boxed[0]) <= 60


def test_progress_is_gone_when_the_command_ends(folder: Path) -> None:
    shown = in_terminal("run", folder, folder=folder, columns=100)
    assert plain(shown).rstrip().endswith("agreement on 6 packets, seed 0")
    after_progress = shown.rpartition("\x1b[2K")[2]
    assert "━" not in after_progress


@pytest.mark.parametrize(
    "line",
    [
        "twinpath explain shop.yaml | head -1",
        "twinpath run --json shop.yaml | true",
        "twinpath --help | true",
    ],
)
def test_a_broken_pipe_is_quiet_and_no_divergence(folder: Path, line: str) -> None:
    done = bash(line, folder)
    assert done.err == ""
    assert done.code == ExitCode.INTERRUPTED


@pytest.mark.parametrize("line", ["explain shop.yaml", "run --json shop.yaml"])
def test_a_full_disk_is_one_line(folder: Path, line: str) -> None:
    done = bash(f"twinpath {line} > /dev/full", folder)
    assert done.err == (
        "twinpath: the output cannot be written: No space left on device; make room for it\n"
    )
    assert done.code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("explain shop.yaml >&-", ExitCode.AGREEMENT),
        ("explain nothing.yaml 2>&-", ExitCode.USAGE),
        ("explain nothing.yaml 2>/dev/full", ExitCode.USAGE),
        ("explain nothing.yaml 2>&1 | true", ExitCode.USAGE),
    ],
)
def test_where_nothing_can_be_said_the_exit_code_says_it(
    folder: Path, line: str, code: ExitCode
) -> None:
    assert bash(f"twinpath {line}", folder).code == code


def test_an_old_fashioned_locale_does_not_matter(folder: Path, mutant: Path) -> None:
    settings = "LC_ALL=C PYTHONIOENCODING=ascii TERM=dumb"
    done = bash(f"{settings} twinpath run shop.yaml --object {mutant}", folder)
    assert (done.code, done.err) == (ExitCode.DIVERGENCE, "")


def test_help_says_what_the_exit_codes_mean(shell: Shell) -> None:
    done = shell.run("--help")
    assert done.code == ExitCode.AGREEMENT
    for command in ("run", "replay", "explain", "doctor", "load"):
        assert f"\n  {command} " in done.out
    assert "0 agreement, 1 divergence, 2 interrupted, 3 internal error, 4" in done.out
    assert [code.value for code in ExitCode] == list(range(6))


def test_the_version_is_the_packages(shell: Shell) -> None:
    (line,) = [
        line for line in (ROOT / "pyproject.toml").read_text().splitlines() if "version = " in line
    ][:1]
    done = shell.run("--version")
    assert done.out == f"twinpath {line.split(chr(34))[1]}\n"
