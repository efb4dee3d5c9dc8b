"""`run --store` and `report`: a planted fault from the run to each form of report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from harness.commands.exit_codes import ExitCode
from harness.errors import UserError
from harness.store.reader import latest_run
from harness.store.records import RunState
from tests.commands.command_line import PLAIN, PROGRAM, ROOT, SHOP, Shell, bash, only_line
from tests.commands.conftest import WRONG_LINE


@dataclass(frozen=True)
class Stored:
    """A run on the datapath that counts replies wrong, in a store."""

    folder: Path
    store: Path
    line: int
    """Where the fault is, in record.h."""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, mutant: Path) -> Stored:
    """Two scenarios, run once for all tests of this module."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "shop.yaml").write_text(SHOP)
    (folder / "plain.yaml").write_text(PLAIN)
    done = bash(f"twinpath run . --object {mutant} --store results.sqlite --coverage", folder)
    assert done.code == ExitCode.DIVERGENCE, done.err
    lines = (mutant.parent / "record.h").read_text().splitlines()
    wrong = WRONG_LINE.replace("reply ?", "!reply ?")
    (line,) = [number for number, text in enumerate(lines, start=1) if wrong in text]
    return Stored(folder, folder / "results.sqlite", line)


def report(shell: Shell, stored: Stored, form: str) -> str:
    done = shell.run("report", stored.store, "--format", form)
    assert (done.code, done.err) == (ExitCode.AGREEMENT, "")
    return done.out


def test_the_annotation_is_on_the_line_with_the_fault(faulty: Stored, shell: Shell) -> None:
    (line,) = report(shell, faulty, "github").splitlines()
    assert line.startswith(
        f"::error file=bpf/record.h,line={faulty.line},title=divergence%3A CT-11"
    )


def test_the_models_line_is_where_it_counts(faulty: Stored, shell: Shell) -> None:
    run = json.loads(report(shell, faulty, "sarif"))["runs"][0]
    (related,) = run["results"][0]["relatedLocations"]
    place = related["physicalLocation"]
    text = (ROOT / place["artifactLocation"]["uri"]).read_text().splitlines()
    assert '"CT-11"' in text[place["region"]["startLine"] - 1]


def test_the_replay_line_of_a_report_works_when_pasted(faulty: Stored, shell: Shell) -> None:
    root = Xml.fromstring(report(shell, faulty, "junit"))  # noqa: S314 - our own
    (failure,) = root.iter("failure")
    label, _, line = (failure.text or "").splitlines()[-1].partition(": ")
    assert label == "replay"
    assert bash(line, faulty.folder).code == ExitCode.DIVERGENCE


def test_each_form_tells_the_divergence(faulty: Stored, shell: Shell) -> None:
    for form in ("terminal", "junit", "sarif", "github", "markdown", "jsonl", "html"):
        assert "opener" in report(shell, faulty, form), form


def test_the_page_has_coverage_of_both_sides_by_the_names_of_the_repository(
    faulty: Stored, shell: Shell
) -> None:
    page = report(shell, faulty, "html")
    for file in ("bpf/record.h", "bpf/twinpath.bpf.c", "model/conntrack.py"):
        assert f'id="source-{file}"' in page
    run = latest_run(faulty.store)
    assert {one.side for one in run.coverage} == {"datapath", "model"}
    ran = {one.file: len(one.run) for one in run.coverage}
    assert ran["bpf/record.h"] > 0
    assert ran["bpf/reject.h"] == 0, "no packet was rejected"


def test_the_store_knows_cost_and_speed(faulty: Stored) -> None:
    run = latest_run(faulty.store)
    assert {one.program for one in run.programs} == {"from_container", "to_container"}
    assert all(one.processed > 1_000 for one in run.programs)
    assert [one.name for one in run.measures] == ["compared steps"]
    assert len(run.facts.object_hash) == 64


def test_a_second_run_is_added_and_is_the_one_reported(folder: Path, shell: Shell) -> None:
    for _ in range(2):
        assert shell.run("run", "plain.yaml", "--store", "r.sqlite").code == ExitCode.AGREEMENT
    assert "run 2: agreement on 2 packets" in shell.run("report", "r.sqlite").out
    assert "run 1: agreement" in shell.run("report", "r.sqlite", "--run", 1).out
    assert "run 3" in only_line(shell.run("report", "r.sqlite", "--run", 3))
    families = {
        (one.family, one.clause): one.agreed for one in latest_run(Path("r.sqlite")).clauses
    }
    assert (families["ipv4", "CT-1"], families["ipv6", "CT-1"]) == (1, 1)


def test_a_run_that_is_killed_leaves_its_findings(folder: Path, shell: Shell, mutant: Path) -> None:
    """Killed as soon as the divergence is in the store, while it is looked into or thereafter."""
    given: list[str | Path] = ["shop.yaml", "--object", mutant, "--store", "killed.sqlite"]
    running = subprocess.Popen([PROGRAM, "run", *given], cwd=folder, stdout=subprocess.DEVNULL)
    store, limit = folder / "killed.sqlite", time.monotonic() + 60
    while time.monotonic() < limit and not (store.exists() and findings(store)):
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert findings(store) == 1
    done = shell.run("report", store)
    assert "1 divergence" in done.out.splitlines()[-1]
    assert latest_run(store).state is RunState.UNFINISHED or running.returncode == 1


def findings(store: Path) -> int:
    """Divergences in a store that somebody is writing; 0 before there is a run."""
    try:
        return len(latest_run(store).divergences)
    except UserError:
        return 0


def test_reports_go_into_files(faulty: Stored, shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    assert shell.run("report", faulty.store, "-o", path).out == ""
    text = path.read_text()
    assert "\x1b" not in text
    assert any(
        line.startswith("twinpath replay ") or "twinpath replay " in line
        for line in text.splitlines()
        if "--object" in line
    )
    done = shell.run("report", faulty.store, "-o", tmp_path / "no" / "file")
    assert done.code == ExitCode.USAGE
    assert "cannot be written: No such file or directory; name another" in only_line(done)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "missing.sqlite"], "there is no such store"),
        (["report", "shop.yaml"], "file is not a database; name another store"),
        (["report", "."], "there is no such store"),
        (["report", "missing.sqlite", "--format", "pdf"], "'pdf' is not one of"),
        (["report", "missing.sqlite", "--run", "0"], "0 is not in the range x>=1"),
        (["run", "plain.yaml", "--coverage"], "there is no store to add it to"),
        (["run", "plain.yaml", "--store", "r", "--coverage", "--object", "x.o"], "is no C source"),
        (["run", "plain.yaml", "--store", "no/r.sqlite"], "unable to open database file"),
        (["run", "plain.yaml", "--store", "shop.yaml"], "file is not a database"),
        (["run", "plain.yaml", "--store", "."], "unable to open database file"),
    ],
)
def test_bad_stores_are_a_line(
    folder: Path, shell: Shell, arguments: list[str], words: str
) -> None:
    done = shell.run(*arguments)
    assert done.code == ExitCode.USAGE
    assert words in only_line(done)


@pytest.mark.parametrize(
    ("size", "scenario", "code"),
    [
        ("32k", "plain", ExitCode.USAGE),
        ("64k", "shop", ExitCode.DIVERGENCE),
    ],
)
def test_on_a_full_disk_there_is_a_line_and_no_divergence_is_hidden(
    folder: Path, mutant: Path, size: str, scenario: str, code: ExitCode
) -> None:
    """A small file system, in a mount namespace that goes with the command."""
    (folder / "small").mkdir()
    line = (
        f"mount -t tmpfs -o size={size} none small && "
        f"{PROGRAM} run {scenario}.yaml --store small/r.sqlite --object {mutant}"
    )
    done = subprocess.run(
        ["unshare", "--mount", "bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert done.stderr == (
        "twinpath: small/r.sqlite: database or disk is full; name another store\n"
    )
    assert ("1 divergence" in done.stdout) is (code is ExitCode.DIVERGENCE)
