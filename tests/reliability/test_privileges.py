"""Least privilege: an ordinary user with three capabilities, and a line for each that lacks."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import ROOT, Finished, bash
from tests.gate.change import PING
from tests.ordinary_user import NOBODY, within_reach

NEEDED = ("bpf", "net_admin", "perfmon")
GATE = "gate --base {0}/bpf --head {0}/bpf --skip properties,mutants,fuzz"


def as_user(folder: Path, capabilities: tuple[str, ...], arguments: str) -> Finished:
    """Run the program as nobody with these capabilities alone, in a namespace of no devices."""
    held = ",".join(["-all", *(f"+{one}" for one in capabilities)])
    line = [
        *("unshare", "--net", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}"),
        *("--clear-groups", "--no-new-privs", f"--inh-caps={held}", f"--ambient-caps={held}"),
        f"--bounding-set={held}",
    ]
    variables = f"HOME={folder} XDG_CACHE_HOME={folder} TMPDIR={folder}"
    command = shlex.join([*within_reach(), *line, "twinpath"])
    return bash(f"{variables} {command} {arguments}", folder)


@pytest.mark.parametrize("loader", ["libbpf", "bcc"])
def test_three_capabilities_are_enough(everyones: Path, loader: str) -> None:
    done = as_user(everyones, NEEDED, f"run {PING} --loader {loader} --json")
    assert done.code == ExitCode.AGREEMENT, done.err
    assert done.json["packets"] == 16
    shown = as_user(everyones, NEEDED, "load")
    assert shown.code == ExitCode.AGREEMENT, shown.err


def test_a_gate_needs_no_more(everyones: Path) -> None:
    done = as_user(everyones, NEEDED, f"{GATE.format(ROOT)} {PING}")
    assert done.code == ExitCode.AGREEMENT, done.out + done.err


@pytest.mark.parametrize("missing", NEEDED)
def test_each_that_lacks_is_named_in_a_line(everyones: Path, missing: str) -> None:
    rest = tuple(one for one in NEEDED if one != missing)
    done = as_user(everyones, rest, f"load --object {ROOT}/bpf/twinpath.bpf.c")
    assert done.code == ExitCode.NOTHING_COMPARED, done.out
    (line,) = done.err.splitlines()
    assert line.startswith(
        f"twinpath: this process may not load BPF: it lacks CAP_{missing.upper()};"
    )


def test_without_a_namespace_of_its_own_an_ordinary_user_is_told_so(everyones: Path) -> None:
    """Where other devices are up the namespace is somebody's, and is left alone."""
    up = "ip link add busy type veth && ip link set busy up"
    held = ",".join(["-all", *(f"+{one}" for one in NEEDED)])
    user = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --inh-caps={held} "
    user += f"--ambient-caps={held} --bounding-set={held}"
    command = f"HOME={everyones} XDG_CACHE_HOME={everyones} {user} twinpath run {PING}"
    line = [*within_reach(), "unshare", "--net", "bash", "-c", f"{up} && {command}"]
    done = bash(shlex.join(line), everyones)
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "a network namespace cannot be made: EPERM; run as root, with CAP_SYS_ADMIN" in done.err
