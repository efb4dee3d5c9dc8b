"""Whatever is wrong with a file: one clear line, the documented exit code, and nothing else."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import ROOT, Shell, bash, twinpath
from tests.gate.change import RESET
from tests.reliability.bad_inputs import (
    CAPTURES,
    GOOD,
    OBJECTS,
    TABLES,
    TEXTS,
    places,
    wrong_types,
)

BAD_CODES = (ExitCode.USAGE, ExitCode.NOTHING_COMPARED)
LONGEST = 600
"""Characters: more is not one clear line."""

WRONG_TYPES = wrong_types()


def as_bytes(content: str | bytes) -> bytes:
    """A file's bytes, surrogates as the bytes that they stand for."""
    return content if isinstance(content, bytes) else content.encode(errors="surrogateescape")


def refused(shell: Shell, path: Path, *arguments: object) -> str:
    """The line that a command line ends in; it names the file."""
    done = shell.run(*arguments)
    assert done.code in BAD_CODES, done.err
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith("twinpath: ")
    assert path.name in line
    assert "internal error" not in line
    assert len(line) < LONGEST
    return line


def test_there_are_at_least_two_hundred() -> None:
    inputs: list[Sized] = [WRONG_TYPES, TEXTS, CAPTURES, OBJECTS, TABLES]
    assert sum(map(len, inputs)) >= 200


def test_what_the_wrong_types_are_made_from_is_good(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(GOOD)
    assert shell.run("explain", tmp_path / "case.yaml").code == ExitCode.AGREEMENT
    assert list(places({"a": [1, {"b": 2}]})) == [("a",), ("a", 0), ("a", 1), ("a", 1, "b")]


@pytest.mark.parametrize("name", [*WRONG_TYPES, *TEXTS])
def test_a_bad_scenario(shell: Shell, tmp_path: Path, name: str) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(as_bytes({**WRONG_TYPES, **TEXTS}[name]))
    refused(shell, path, "explain", path)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_bad_capture(shell: Shell, tmp_path: Path, name: str) -> None:
    path = tmp_path / "case.pcap"
    path.write_bytes(CAPTURES[name])
    refused(shell, path, "explain", path)


@pytest.mark.parametrize("name", OBJECTS)
def test_a_bad_object(shell: Shell, tmp_path: Path, name: str) -> None:
    path = tmp_path / "case.o"
    path.write_bytes(OBJECTS[name])
    refused(shell, path, "load", "--object", path)


@pytest.mark.parametrize("option", ["--known", "--limits"])
@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table(shell: Shell, tmp_path: Path, name: str, option: str) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(as_bytes(TABLES[name]))
    refused(shell, path, "gate", "--base", ROOT, option, path, "--save", tmp_path / "d", RESET)


@pytest.mark.parametrize("name", ["an alias of itself", "aliases of aliases", "deep lists"])
def test_a_sample_as_users_call_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "case.yaml").write_bytes(as_bytes(TEXTS[name]))
    for command in ("run", "explain", "replay"):
        done = twinpath(command, "case.yaml", folder=tmp_path)
        assert done.code == ExitCode.USAGE
        assert "Traceback" not in done.err
        assert len(done.err.splitlines()) == 1


MISSING = {
    "clang": ("run {scenario}", "clang not found"),
    "git": ("gate --base HEAD --skip cost,properties,mutants,fuzz {scenario}", "git is missing"),
}


@pytest.mark.parametrize("tool", MISSING)
def test_a_tool_that_is_missing_is_named(tmp_path: Path, tool: str) -> None:
    command, says = MISSING[tool]
    program = ROOT / ".venv" / "bin" / "python"
    line = f"env -i PATH= HOME={tmp_path} {program} -m harness.commands.main "
    done = bash(f"cd {tmp_path}; PYTHONPATH={ROOT} {line}{command.format(scenario=RESET)}")
    assert done.code == ExitCode.USAGE, done.err
    (said,) = done.err.splitlines()
    assert says in said
    assert "apt-get install" in said
