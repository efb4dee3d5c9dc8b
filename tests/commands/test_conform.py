"""`twinpath conform`: which clauses a datapath keeps, in a table, for machines and as a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from harness.commands.exit_codes import ExitCode
from harness.conformance.profiles import PROFILES, clauses_of
from harness.kernel.errors import PermissionDeniedError
from model.clauses import CLAUSES
from tests.commands.command_line import PLAIN, Shell, only_line


def conform(folder: Path, *arguments: object) -> list[object]:
    return ["conform", "--corpora", folder, "--loader", "libbpf", *arguments]


def test_a_row_for_each_clause_of_the_profile(shell: Shell, folder: Path) -> None:
    done = shell.run(*conform(folder, "--profile", "conntrack"))
    rows = [line.split()[0] for line in done.out.splitlines() if re.match(r"[A-Z]+-\d", line)]
    assert rows == list(clauses_of(["conntrack"]))
    assert re.search(r"^CT-1 +pass +pass +1 +-", done.out, re.MULTILINE)
    assert re.search(r"^CT-9 +not exercised +not exercised +- +-", done.out, re.MULTILINE)
    assert done.code == ExitCode.NOTHING_COMPARED, "what was not exercised was not shown"


def test_claims_that_do_not_hold_are_failures(shell: Shell, folder: Path) -> None:
    every = PLAIN.replace(
        "clauses: [CT-1, CT-11]", f"clauses: [{', '.join(clauses_of(['policy']))}]"
    )
    (folder / "plain.yaml").write_text(every)
    done = shell.run(*conform(folder, "--profile", "policy"))
    assert done.code == ExitCode.DIVERGENCE, "claims that do not hold are failures"
    assert "plain[ipv4] claims POL-1, " in done.err


def test_machines_get_evidence_by_loader_and_family(shell: Shell, folder: Path) -> None:
    found = shell.run(*conform(folder, "--json")).json
    assert list(found["clauses"]) == list(CLAUSES)
    assert found["clauses"]["CT-1"]["libbpf"] == {"ipv4": "pass", "ipv6": "pass"}
    assert found["clauses"]["CT-1"]["hits"] == [str(folder / "plain.yaml")]
    assert found["clauses"]["PKT-2a"]["libbpf"] == {"ipv4": "not exercised"}
    assert found["object"] == "bpf/twinpath.bpf.c"
    assert sum(found["summary"].values()) == len(CLAUSES)


def test_a_bug_fails_the_clauses_of_the_step_where_it_shows(
    shell: Shell, folder: Path, mutant: Path
) -> None:
    done = shell.run(*conform(folder, mutant, "--json"))
    assert done.code == ExitCode.DIVERGENCE
    clauses = done.json["clauses"]
    assert clauses["CT-11"]["status"] == "fail"
    assert clauses["CT-11"]["failures"] == ["shop"]
    assert clauses["CT-11"]["libbpf"] == {"ipv4": "fail", "ipv6": "pass"}
    assert clauses["LB-1"]["status"] == "not exercised", "only the packet before met it"
    (line,) = [one for one in done.err.splitlines() if "diverges" in one]
    assert line.startswith("shop diverges at step 4: ")
    assert line.endswith(f"run {folder / 'shop.yaml'} --loader libbpf --object {mutant}")


def test_both_files_are_written(shell: Shell, folder: Path) -> None:
    files = ("--yaml", folder / "found.yml", "--markdown", folder / "found.md")
    shell.run(*conform(folder / "plain.yaml", *files))
    found = yaml.safe_load((folder / "found.yml").read_text())
    assert found["clauses"]["CT-11"]["hits"] == [str(folder / "plain.yaml")]
    page = (folder / "found.md").read_text()
    assert re.findall(r"^### (\S+)$", page, re.MULTILINE) == list(CLAUSES)
    assert [name for name in PROFILES if f"\n## {name}\n" in page] == list(PROFILES)


def test_the_same_run_gives_the_same_page(shell: Shell, folder: Path) -> None:
    pages = []
    for name in ("one.md", "two.md"):
        shell.run(*conform(folder, "--markdown", folder / name))
        pages.append((folder / name).read_text())
    assert pages[0] == pages[1]


def test_where_nothing_claims_anything_nothing_is_compared(shell: Shell, folder: Path) -> None:
    (folder / "plain.yaml").write_text(PLAIN.replace("clauses: [CT-1, CT-11]\n", ""))
    done = shell.run(*conform(folder / "plain.yaml"))
    assert done.code == ExitCode.NOTHING_COMPARED
    assert only_line(done) == "none of 2 scenarios claims one of these clauses"


@pytest.mark.parametrize("option", ["--yaml", "--markdown"])
def test_a_file_that_cannot_be_written_is_told_in_a_line(
    shell: Shell, folder: Path, option: str
) -> None:
    done = shell.run(*conform(folder / "plain.yaml", option, folder / "no" / "file"))
    assert done.code == ExitCode.USAGE
    assert "cannot be written" in only_line(done)


def test_without_the_right_to_load_nothing_is_compared(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise PermissionDeniedError("CAP_BPF is missing", "run it as root")

    monkeypatch.setattr("harness.commands.conform.Bench", refuse)
    done = shell.run(*conform(folder, "--markdown", folder / "found.md"))
    assert done.code == ExitCode.NOTHING_COMPARED
    assert "CAP_BPF is missing" in only_line(done)
    assert not (folder / "found.md").exists()


def test_an_interrupted_run_writes_nothing(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.lockstep.engine.Lockstep.packet", interrupt)
    done = shell.run(*conform(folder, "--properties", "--markdown", folder / "found.md"))
    assert done.code == ExitCode.INTERRUPTED
    assert "no file is written" in only_line(done)
    assert not (folder / "found.md").exists()


@pytest.mark.parametrize("option", ["--yaml", "--markdown"])
def test_a_file_that_cannot_be_made_is_told_before_anything_runs(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.delattr("harness.commands.conform.witness")
    done = shell.run(*conform(folder, option, folder / "none" / "page"))
    assert done.code == ExitCode.USAGE
    assert only_line(done).endswith(f"{folder / 'none'} is no folder; name another")
