"""A datapath with one line changed: what a user sees, what is kept, and how it is seen again."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from scapy.utils import PcapNgReader

from harness.commands.exit_codes import ExitCode
from tests.commands.command_line import PLAIN, PROGRAM, SHOP, Finished, Shell, bash, only_line

KEY = "udp 10.0.0.1:40000 -> 10.0.2.1:80"
NAME = "entry-opener-packets-ct-2"


@dataclass(frozen=True)
class Found:
    """A run that found the divergence, and the folder in which it took place."""

    done: Finished
    folder: Path

    @property
    def line(self) -> str:
        """The line to paste; below it are the figures, four lines."""
        return self.done.out.splitlines()[-5]

    @property
    def saved(self) -> Path:
        """Where the divergence was saved."""
        (only,) = (self.folder / "divergences").iterdir()
        return only


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, mutant: Path) -> Found:
    """A run of two files on the datapath that counts replies wrong."""
    folder = tmp_path_factory.mktemp("found")
    (folder / "shop.yaml").write_text(SHOP)
    (folder / "plain.yaml").write_text(PLAIN)
    return Found(bash(f"twinpath run . --object {mutant}", folder), folder)


def test_the_screen_says_it_all(found: Found, mutant: Path) -> None:
    assert found.done.code == ExitCode.DIVERGENCE
    assert found.done.err == ""
    lines = [line.strip("│ ") for line in found.done.out.splitlines()]
    assert f"divergence: {NAME}" in lines[0]
    assert "where              step 2, shop.yaml:19" in lines
    assert (
        "sent               IP / UDP 10.0.0.1:40000 > 10.0.2.1:80 "
        "(leaves the pod, interface 10, 42 bytes)"
    ) in lines
    assert "model              pass [established]" in "\n".join(lines)
    assert [line for line in lines if line.startswith("CT-2 ")]
    assert "datapath (libbpf)  pass [established]" in "\n".join(lines)
    assert "reproduced         20 of 20 times; the line below replays it" in lines
    differing = [line.split() for line in lines if line.startswith("entry")]
    assert differing == [
        ["entry", *KEY.split(), "opener_packets", "2", "1"],
        ["entry", *KEY.split(), "reply_packets", "0", "1"],
    ]
    assert shlex.split(found.line) == [
        *("twinpath", "replay", f"divergences/{found.saved.name}"),
        *("--loader", "libbpf", "--object", str(mutant)),
    ]
    assert lines[-1] == "1 divergence in 5 packets, seed 0"


def test_the_replay_line_works_when_pasted(found: Found) -> None:
    again = bash(found.line, found.folder)
    assert again.code == ExitCode.DIVERGENCE
    assert again.err == ""
    assert again.out.splitlines()[-1] == found.line, "what is shown again can be pasted again"
    assert "20 of 20 times" in again.out


def test_the_folder_holds_scenario_packets_and_screen(found: Found) -> None:
    text = (found.saved / "divergence.txt").read_text()
    assert text.splitlines()[-1] == found.line
    assert KEY in text
    scenario = (found.saved / "scenario.yaml").read_text()
    assert scenario.count("packet:") == 2, "only what is needed"
    with PcapNgReader(str(found.saved / "packets.pcapng")) as reader:
        comments = [packet.comments[0].decode() for packet in reader]
    assert comments == [
        "1 in",
        "1 model: pass",
        "1 datapath (libbpf): pass",
        "2 in: shop.yaml:19",
        "2 model: pass",
        "2 datapath (libbpf): pass",
    ]


def test_a_saved_divergence_is_a_scenario_as_any_other(
    found: Found, shell: Shell, folder: Path, mutant: Path
) -> None:
    on_ours = shell.run("replay", found.saved, "--times", 2)
    assert on_ours.code == ExitCode.AGREEMENT
    assert on_ours.out == f"{NAME} on datapath (libbpf): agrees, 2 of 2 times\n"
    again = shell.run(
        "run", found.saved / "scenario.yaml", "--object", mutant, "--save", found.saved.parent
    )
    assert again.code == ExitCode.DIVERGENCE
    assert found.saved.is_dir(), "the same one, the same folder, and no second"


def test_machines_get_the_finding_and_people_the_screen(
    shell: Shell, folder: Path, mutant: Path
) -> None:
    done = shell.run("run", "--json", folder, "--object", mutant)
    assert done.code == ExitCode.DIVERGENCE
    assert done.json["divergences"] == 1
    (finding,) = done.json["findings"]
    (saved,) = (folder / "divergences").iterdir()
    assert shlex.split(finding.pop("replay")) == [
        *("twinpath", "replay", f"divergences/{saved.name}"),
        *("--loader", "libbpf", "--object", str(mutant)),
    ]
    assert finding == {
        "scenario": NAME,
        "path": str(folder / "shop.yaml"),
        "clause": "CT-2",
        "subject": "datapath (libbpf)",
        "step": 2,
        "kind": "entry",
        "of": KEY,
        "field": "opener_packets",
        "expected": "2",
        "actual": "1",
        "reproduced": 20,
        "tries": 20,
        "count": 1,
    }
    assert f"divergence: {NAME}" in done.err


def test_replays_for_machines(found: Found, shell: Shell, mutant: Path) -> None:
    done = shell.run("replay", found.saved, "--json", "--times", 3, "--object", mutant)
    assert done.code == ExitCode.DIVERGENCE
    (replay,) = done.json["replays"]
    assert (replay["scenario"], replay["divergences"], replay["times"]) == (NAME, 3, 3)
    assert (replay["packets"], replay["refused"]) == (6, 0)
    assert replay["replay"].endswith(str(mutant))


def test_fail_fast_ends_behind_the_first(shell: Shell, folder: Path, mutant: Path) -> None:
    for number in range(3):
        (folder / f"a{number}.yaml").write_text(SHOP.replace("name: shop", f"name: a{number}"))
    fast = shell.run("run", "--json", "--fail-fast", folder, "--object", mutant)
    assert fast.code == ExitCode.DIVERGENCE
    assert (fast.json["divergences"], fast.json["loaders"]["libbpf"]["scenarios"]) == (1, 1)


def test_divergences_of_one_cause_are_one_finding(shell: Shell, folder: Path, mutant: Path) -> None:
    for number in range(4):
        (folder / f"a{number}.yaml").write_text(SHOP.replace("name: shop", f"name: a{number}"))
    done = shell.run("run", "--json", folder, "--object", mutant)
    assert done.json["divergences"] == 5
    (finding,) = done.json["findings"]
    assert finding["count"] == 5
    assert done.err.count("the same again: twinpath replay ") == 4
    assert len(list((folder / "divergences").iterdir())) == 1


def test_one_that_cannot_be_saved_is_shown_all_the_same(
    shell: Shell, folder: Path, mutant: Path
) -> None:
    (folder / "taken").write_text("a file")
    place = folder / "taken" / "divergences"
    done = shell.run("run", "shop.yaml", "--object", mutant, "--save", place)
    assert done.code == ExitCode.DIVERGENCE
    assert only_line(done).startswith(f"{place}: the divergence cannot be saved there: ")
    assert KEY in done.out
    line = done.out.splitlines()[-5]
    assert line.startswith("twinpath run shop.yaml --loader libbpf ")
    assert bash(line, folder).code == ExitCode.DIVERGENCE


def test_on_a_full_disk_nothing_is_half_written(folder: Path, mutant: Path) -> None:
    """A file system of 4 KiB, in a mount namespace that goes with the command."""
    (folder / "small").mkdir()
    line = (
        "mount -t tmpfs -o size=4k none small && "
        f"{PROGRAM} run shop.yaml --save small --object {mutant}; "
        'echo "exit code $?, left: $(ls -A small)"'
    )
    done = subprocess.run(
        ["unshare", "--mount", "bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == (
        "twinpath: small: the divergence cannot be saved there: No space left on device; "
        "name another folder by --save\n"
    )
    assert done.stdout.splitlines()[-1] == f"exit code {ExitCode.DIVERGENCE:d}, left: "


def test_two_runs_at_once_do_not_disturb_each_other(folder: Path, mutant: Path) -> None:
    command = [str(PROGRAM), "run", "shop.yaml", "--object", str(mutant)]
    both = [
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ends = [(*one.communicate(timeout=60), one.returncode) for one in both]
    assert [code for *_, code in ends] == [ExitCode.DIVERGENCE] * 2
    assert [error for _, error, _ in ends] == ["", ""]
    (saved,) = (folder / "divergences").iterdir()
    assert len(list(saved.iterdir())) == 3


def test_what_a_killed_run_left_half_written_is_cleared_away(
    shell: Shell, folder: Path, mutant: Path
) -> None:
    leftover = folder / "divergences" / ".saving-abc"
    leftover.mkdir(parents=True)
    (leftover / "scenario.yaml").write_text("half")
    assert shell.run("run", "shop.yaml", "--object", mutant).code == ExitCode.DIVERGENCE
    assert [path.name[:5] for path in (folder / "divergences").iterdir()] == ["entry"]
