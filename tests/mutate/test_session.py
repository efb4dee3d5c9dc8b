"""Results are kept, and taken again only while they would come out the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.mutate.result import Class, Kill, Means, Result
from harness.mutate.session import Session, Stamp
from harness.mutate.trial import Effort
from tests.mutate.mutants import mutant

MUTANT = mutant("flow.h", "now < ", "now <= ")
OTHER = mutant("flow.h", "now < ", "now > ")
STAMP = Stamp("program", "oracle", "corpora", frozenset({"file1", "file2"}))
EFFORT = Effort()
KILL = Kill("scenario", "file1", 3, 40, ("verdict", "bytes"), "packet.verdict: drop expected")
KILLED = Result(Class.KILLED, 1.5, 0.5, "code", kill=KILL, matrix={"bytes": True})
SURVIVED = Result(Class.SURVIVED, 5.0, 4.0, "code", "10 packets agree")
EQUIVALENT = Result(Class.EQUIVALENT, code="code")


def found_after(
    path: Path, result: Result, stamp: Stamp = STAMP, effort: Effort = EFFORT
) -> Result | None:
    """What one finds after a result was stored and the file closed."""
    with Session(path) as session:
        session.store(MUTANT, result, STAMP, EFFORT)
    with Session(path) as session:
        return session.find(MUTANT, stamp, effort)


@pytest.mark.parametrize("result", [KILLED, SURVIVED, EQUIVALENT])
def test_a_result_comes_back_whole(tmp_path: Path, result: Result) -> None:
    assert found_after(tmp_path / "a.sqlite", result) == result


def test_a_mutant_without_a_result(tmp_path: Path) -> None:
    with Session(tmp_path / "a.sqlite") as session:
        assert session.find(MUTANT, STAMP, EFFORT) is None


@pytest.mark.parametrize("result", [KILLED, SURVIVED, EQUIVALENT])
def test_another_program_makes_every_result_void(tmp_path: Path, result: Result) -> None:
    changed = replace(STAMP, program="changed")
    assert found_after(tmp_path / "a.sqlite", result, changed) is None


def test_another_oracle_leaves_only_what_the_compiler_said(tmp_path: Path) -> None:
    changed = replace(STAMP, oracle="changed")
    assert found_after(tmp_path / "a.sqlite", KILLED, changed) is None
    assert found_after(tmp_path / "b.sqlite", SURVIVED, changed) is None
    assert found_after(tmp_path / "c.sqlite", EQUIVALENT, changed) == EQUIVALENT


def test_a_kill_holds_while_its_scenario_is_there(tmp_path: Path) -> None:
    more = replace(STAMP, corpora="more", evidence=frozenset({"file1", "file3"}))
    assert found_after(tmp_path / "a.sqlite", KILLED, more) == KILLED
    less = replace(STAMP, corpora="less", evidence=frozenset({"file2"}))
    assert found_after(tmp_path / "b.sqlite", KILLED, less) is None


def test_a_survivor_is_tried_again_with_other_scenarios_or_more_fuzzing(tmp_path: Path) -> None:
    more = replace(STAMP, corpora="more")
    assert found_after(tmp_path / "a.sqlite", SURVIVED, more) is None
    assert found_after(tmp_path / "b.sqlite", SURVIVED, effort=Effort(fuzz=60)) is None


def test_properties_are_tried_where_they_are_wanted_and_other_than_before(tmp_path: Path) -> None:
    wanted, known = Effort(properties=True), replace(STAMP, properties="file3")
    tried = replace(SURVIVED, properties="file3")
    assert found_after(tmp_path / "a.sqlite", SURVIVED, known, wanted) is None
    assert found_after(tmp_path / "b.sqlite", tried, known, wanted) == tried
    assert found_after(tmp_path / "c.sqlite", tried, replace(STAMP, properties="4"), wanted) is None


def test_a_kill_by_a_property_holds_while_the_properties_do(tmp_path: Path) -> None:
    found = replace(KILLED, kill=replace(KILL, evidence="file3", means=Means.PROPERTY))
    known = replace(STAMP, properties="file3")
    assert found_after(tmp_path / "a.sqlite", found, known) == found
    assert found_after(tmp_path / "b.sqlite", found) is None


def test_a_kill_without_the_wanted_rows_is_measured_again(tmp_path: Path) -> None:
    known, unknown = Effort(rows=frozenset({"bytes"})), Effort(rows=frozenset({"maps"}))
    assert found_after(tmp_path / "a.sqlite", KILLED, effort=known) == KILLED
    assert found_after(tmp_path / "b.sqlite", KILLED, effort=unknown) is None


def test_what_could_not_be_judged_is_tried_again(tmp_path: Path) -> None:
    assert found_after(tmp_path / "a.sqlite", Result(Class.FAILED)) is None


def test_the_same_instructions_have_the_same_result(tmp_path: Path) -> None:
    with Session(tmp_path / "a.sqlite") as session:
        session.store(OTHER, KILLED, STAMP, EFFORT)
        assert session.same_code("code", STAMP, EFFORT) == KILLED
        assert session.same_code("other code", STAMP, EFFORT) is None
        assert session.same_code("code", replace(STAMP, program="changed"), EFFORT) is None


def test_a_file_that_is_no_session(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(UserError, match=r"--session .*a\.sqlite: .*; name another file"):
        Session(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name another file"):
        Session(tmp_path / "nowhere" / "a.sqlite")
