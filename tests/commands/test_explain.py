"""`twinpath explain`, `doctor` and `load`: what they say, and that machines get it too."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.exit_codes import ExitCode
from harness.kernel.capabilities import Capability
from model.clauses import CLAUSES
from tests.commands.command_line import QUESTION, Shell, capture_file


def test_every_step_is_explained_by_clauses(shell: Shell, folder: Path) -> None:
    done = shell.run("explain", "shop.yaml")
    assert (done.code, done.err) == (ExitCode.AGREEMENT, "")
    titles = [line for line in done.out.splitlines() if line.startswith("shop step ")]
    assert [title.split()[2] for title in titles] == ["1:", "2:", "3:", "4:", "5:"]
    assert titles[2] == "shop step 3: clock moves on by 1 s"
    assert "  => pass [new]: IP / TCP 10.0.1.5:40000 > 10.0.3.1:8080 S; events: " in done.out
    assert "     tcp 10.0.1.5:40000 -> 10.96.0.10:80: service=1 backend=1" in done.out
    cited = {line.split()[0] for line in done.out.splitlines() if line.startswith("  ")}
    assert {"CT-2", "LB-1", "LB-3a", "NAT-1"} <= cited
    assert f"({CLAUSES['NAT-1']})" in done.out


def test_one_step_alone_is_what_it_is_in_the_whole(shell: Shell, folder: Path) -> None:
    whole = shell.run("explain", "shop.yaml").out
    alone = shell.run("explain", "shop.yaml", "--step", 4).out
    assert alone.startswith("shop step 4: ")
    assert alone in whole
    assert "step 5" not in alone


def test_a_filter_chooses_scenarios(shell: Shell, folder: Path) -> None:
    done = shell.run("explain", folder, "--filter", "plain[ipv6]")
    assert done.out.startswith("plain[ipv6] step 1: IPv6 / UDP fd00:1::5:1000 > ")
    assert done.out.count(" step ") == 1


def test_machines_get_the_same(shell: Shell, folder: Path) -> None:
    done = shell.run("explain", "shop.yaml", "--json", "--step", 4)
    (step,) = done.json["steps"]
    assert (step["scenario"], step["step"]) == ("shop", 4)
    assert (step["verdict"], step["reason"]) == ("pass", "reply")
    assert {note["clause"] for note in step["notes"]} == {
        "CT-2",
        "CT-3",
        "CT-11",
        "NAT-1",
        "PKT-4",
        "PKT-8",
        "PKT-9",
    }
    assert step["touched"]["to_container/reply"] == "packets=1 bytes=54"
    assert len(bytes.fromhex(step["frame"])) == 54


def test_a_capture_is_explained_as_it_is_read(shell: Shell, folder: Path) -> None:
    capture_file(folder / "some.pcap", QUESTION, QUESTION)
    done = shell.run("explain", "some.pcap")
    words = [line.split(": ", 1)[1] for line in done.out.splitlines() if " step " in line]
    assert words[0] == "control plane: PutEndpoint, PutIdentity"
    assert words[1].startswith("IP / UDP 10.0.1.5:1 > 203.0.113.9:53")
    assert words[2] == "clock moves on by 1 ms"


def test_doctor_finds_that_this_machine_can_do_it(shell: Shell) -> None:
    done = shell.run("doctor", "--json")
    assert done.json["usable"] is True
    assert done.code == ExitCode.AGREEMENT
    assert {"kernel", "bpf permission", "test runs", "clang", "bcc"} <= {
        check["name"] for check in done.json["checks"]
    }
    table = shell.run("doctor")
    assert table.code == ExitCode.AGREEMENT
    assert "lacks" not in table.out


@pytest.mark.parametrize(
    ("needed_for", "code"),
    [("--loader bcc", ExitCode.USAGE), ("everything", ExitCode.NOTHING_COMPARED)],
)
def test_doctor_names_the_command_that_mends(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, needed_for: str, code: ExitCode
) -> None:
    lacking = [
        Capability("kernel", True, "Linux 6.1", "", "everything"),
        Capability("bcc", False, "not there", "apt-get install python3-bpfcc", needed_for),
    ]
    monkeypatch.setattr("harness.commands.doctor.capabilities", lambda: lacking)
    done = shell.run("doctor")
    assert done.code == code
    assert "to mend 'bcc': apt-get install python3-bpfcc" in done.out.splitlines()
    assert shell.run("doctor", "--json").json["usable"] is (code == ExitCode.USAGE)


def test_load_shows_the_verifiers_figures(shell: Shell) -> None:
    done = shell.run("load", "--json")
    assert (done.code, done.err) == (ExitCode.AGREEMENT, "")
    programs = done.json["loaders"]["libbpf"]
    assert set(programs) == {"from_container", "to_container"}
    for figures in programs.values():
        assert 0 < figures["processed_instructions"] < 1_000_000
        assert 0 < figures["stack"] <= 512
        assert figures["translated_bytes"] % 8 == 0
    table = shell.run("load").out.splitlines()
    assert table[0].split() == ["libbpf", "libbpf"]
    assert table[1].split() == ["from_container", "to_container"]
    assert table[2].split()[0] == "processed"
    assert max(len(line.rstrip()) for line in table) < 80
