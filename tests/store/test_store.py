"""What is written is read again, whatever happens to whoever writes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from harness.errors import NothingToCompareError
from harness.store.database import StoreError
from harness.store.measures import add_measures
from harness.store.reader import StoreReader, latest_run
from harness.store.records import ClauseCount, Location, Measure, Run, RunState, Standing
from harness.store.writer import RunWriter
from tests.report import stored


def write(path: Path, run: Run) -> int:
    """Write a whole run; its number."""
    with RunWriter(path, run.facts) as writer:
        for one in run.scenarios:
            own = [clause for clause in run.clauses if clause.loader == one.loader]
            reasons = [reason for reason in run.reasons if reason.loader == one.loader]
            refusals = [refusal for refusal in run.refusals if refusal.loader == one.loader]
            writer.scenario(one, own, reasons, refusals)
        for divergence in run.divergences:
            number = writer.divergence(divergence)
            writer.judge(number, divergence.standing, divergence.standing_reason)
        writer.coverage(run.coverage)
        writer.programs(run.programs)
        writer.measures(run.measures)
        writer.end(run.state)
        return writer.number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store is to be."""
    return tmp_path / "results.sqlite"


def test_figures_join_the_latest_run_and_replace_older_ones(path: Path) -> None:
    write(path, stored.agreeing())
    latest = write(path, stored.agreeing())
    figure = Measure("bcc", "packets/ipv4/service-new", 1_300.0, "ns", True)
    for value in (1_300.0, 1_250.0):
        again = replace(figure, value=value)
        assert add_measures(path, stored.FACTS.object_hash, [again]) == latest
    with StoreReader(path) as store:
        assert figure.name not in [one.name for one in store.run(1).measures]
        assert [one.value for one in store.run(2).measures if one.name == figure.name] == [1_250.0]


def test_figures_of_another_object_join_no_run(path: Path) -> None:
    write(path, stored.agreeing())
    with pytest.raises(NothingToCompareError, match="run 1 was of another object"):
        add_measures(path, "cd" * 32, [stored.SPEED])
    assert latest_run(path).measures == stored.agreeing().measures


@pytest.mark.parametrize("run", [stored.agreeing(), stored.diverging(), stored.empty()])
def test_a_run_is_read_as_it_was_written(path: Path, run: Run) -> None:
    number = write(path, run)
    read = latest_run(path)
    expected = replace(
        run,
        number=number,
        clauses=tuple(sorted(run.clauses, key=lambda one: (one.loader, one.family))),
        reasons=tuple(sorted(run.reasons, key=lambda one: one.loader)),
    )
    assert read == expected


def test_counts_of_scenarios_add_up(path: Path) -> None:
    with RunWriter(path, stored.FACTS) as writer:
        for agreed in (3, 4):
            writer.scenario(stored.SHOP, [ClauseCount("libbpf", "ipv4", "CT-1", agreed, 0, 1)])
        writer.clauses([ClauseCount("libbpf", "ipv4", "CT-1", diverged=1)])
    assert latest_run(path).clauses == (ClauseCount("libbpf", "ipv4", "CT-1", 7, 1, 2),)


def test_a_divergence_can_be_told_anew(path: Path) -> None:
    place = Location(stored.DIVERGENCE.location.datapath)
    with RunWriter(path, stored.FACTS) as writer:
        number = writer.divergence(replace(stored.DIVERGENCE, replay="", location=Location()))
        writer.replace_divergence(number, stored.DIVERGENCE)
        writer.locate(number, place)
        writer.judge(number, Standing.KNOWN, "until May")
    (read,) = latest_run(path).divergences
    wanted = replace(stored.DIVERGENCE, number=number, location=place)
    assert read == replace(wanted, standing=Standing.KNOWN, standing_reason="until May")


def test_one_store_holds_many_runs_and_their_course(path: Path) -> None:
    for processed in (100, 200, 300):
        write(
            path, replace(stored.agreeing(), programs=(replace(stored.COST, processed=processed),))
        )
    with StoreReader(path) as reader:
        assert reader.numbers() == [1, 2, 3]
        assert reader.run(2).programs[0].processed == 200
        assert [past.programs[0].processed for past in reader.history(2)] == [100, 200]
        with pytest.raises(StoreError, match="has no run 4; the latest is 3"):
            reader.run(4)


def test_a_source_is_kept_once(path: Path) -> None:
    for _ in range(3):
        write(path, stored.agreeing())
    (count,) = sqlite3.connect(path).execute("SELECT count(*) FROM source").fetchone()
    assert count == len(stored.COVERED)


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.store.writer import RunWriter
from tests.report import stored
writer = RunWriter(Path(sys.argv[1]), stored.FACTS)
writer.scenario(stored.SHOP)
writer.divergence(stored.DIVERGENCE)
writer._database.execute("BEGIN IMMEDIATE")
writer._database.execute("DELETE FROM divergence")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_whoever_is_killed_loses_no_finding(path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    read = latest_run(path)
    assert (read.state, len(read.scenarios), len(read.divergences)) == (RunState.UNFINISHED, 1, 1)
    write(path, stored.agreeing())
    with StoreReader(path) as reader:
        assert reader.numbers() == [1, 2]


def write_many(path: Path) -> None:
    """One of two at once."""
    with RunWriter(path, stored.FACTS) as writer:
        for _ in range(20):
            writer.scenario(stored.SHOP, [ClauseCount("libbpf", "ipv4", "CT-1", 1)])


def test_two_at_once_do_not_disturb_each_other(path: Path) -> None:
    context = get_context("spawn")
    both = [context.Process(target=write_many, args=(path,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    with StoreReader(path) as reader:
        runs = [reader.run(number) for number in reader.numbers()]
    assert [len(one.scenarios) for one in runs] == [20, 20]
    assert [one.clauses[0].agreed for one in runs] == [20, 20]


def test_a_store_that_is_none(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such store"):
        StoreReader(path)
    path.write_text("no database, but long enough to be looked at" * 10)
    for attempt in (StoreReader, lambda one: RunWriter(one, stored.FACTS)):
        with pytest.raises(StoreError, match="file is not a database; name another store"):
            attempt(path)


def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE theirs (value)")
    database.commit()
    before = path.read_bytes()
    for attempt in (StoreReader, lambda one: RunWriter(one, stored.FACTS)):
        with pytest.raises(StoreError, match="is a database, but no store of results"):
            attempt(path)
    assert path.read_bytes() == before


def test_a_store_of_another_format_is_refused(path: Path) -> None:
    write(path, stored.empty())
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    with pytest.raises(StoreError, match="a store of format 99, not 1; begin a new one"):
        latest_run(path)


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file; name another store"):
        RunWriter(tmp_path / "missing" / "results.sqlite", stored.FACTS)


def test_a_store_without_runs(path: Path) -> None:
    write(path, stored.empty())
    sqlite3.connect(path, isolation_level=None).execute("DELETE FROM run")
    with pytest.raises(NothingToCompareError, match="holds no run"):
        latest_run(path)


def test_a_damaged_store_is_a_line(path: Path) -> None:
    write(path, stored.diverging())
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="name another store"):
        latest_run(path)


def test_a_row_that_nobody_wrote_is_a_line(path: Path) -> None:
    write(path, stored.diverging())
    sqlite3.connect(path, isolation_level=None).execute("UPDATE divergence SET value = '[]'")
    with pytest.raises(StoreError, match="holds what no run has written"):
        latest_run(path)
