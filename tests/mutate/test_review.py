"""The reviewed list of survivors fails when it is stale."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.options import REPOSITORY
from harness.errors import UserError
from harness.mutate.catalogue import all_mutants, mutants_of
from harness.mutate.mutant import Side
from harness.mutate.result import Class, Kill, Means, Result
from harness.mutate.review import names_of, read_review, stale

SOURCE = b"/* A. */\n\nint f(int a)\n{\n\treturn a  <\n\t\t1 || a < 1;\n}\n"
MUTANTS = [one for one in mutants_of(Side.DATAPATH, "a.h", SOURCE) if one.operator == "relational"]
NAMES = names_of(MUTANTS)
ENTRY = 'file = "bpf/a.h", function = "f", operator = "relational", text = "<", becomes = "<="'
KILL = Kill("scenario", "", 1, 1, ("verdict",), "")


def written(folder: Path, entries: str) -> Path:
    path = folder / "survivors.toml"
    path.write_text(f'[[survivor]]\nreason = "it does not matter"\nmutants = [{entries}]\n')
    return path


def test_a_reason_is_found_by_name_and_number(tmp_path: Path) -> None:
    review = read_review(written(tmp_path, f"{{ {ENTRY} }}, {{ {ENTRY}, number = 2 }}"))
    assert [review.reasons[NAMES[one.identifier]] for one in MUTANTS] == ["it does not matter"] * 2


def test_a_review_says_which_mutants_nothing_can_kill(tmp_path: Path) -> None:
    path = written(tmp_path, f"{{ {ENTRY} }}")
    assert read_review(path).equivalent == frozenset()
    text = path.read_text().replace("mutants =", "equivalent = true\nmutants =")
    path.write_text(text)
    assert read_review(path).equivalent == {NAMES[MUTANTS[0].identifier]}


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (Class.SURVIVED, []),
        (Class.KILLED, ["is killed; remove the entry"]),
        (Class.EQUIVALENT, ["is equivalent; remove the entry"]),
    ],
)
def test_an_entry_is_stale_once_its_mutant_does_not_survive(
    tmp_path: Path, status: Class, lines: list[str]
) -> None:
    review = read_review(written(tmp_path, f"{{ {ENTRY} }}"))
    kill = KILL if status is Class.KILLED else None
    results = {MUTANTS[0].identifier: Result(status, kill=kill)}
    found = list(stale(review, NAMES, results))
    assert [line.partition("]: ")[2] for line in found] == lines


@pytest.mark.parametrize("means", [Means.FUZZING, Means.PROPERTY])
def test_what_is_found_beyond_scenarios_makes_only_a_claim_of_equivalence_stale(
    tmp_path: Path, means: Means
) -> None:
    path = written(tmp_path, f"{{ {ENTRY} }}")
    results = {MUTANTS[0].identifier: Result(Class.KILLED, kill=replace(KILL, means=means))}
    assert list(stale(read_review(path), NAMES, results)) == []
    path.write_text(path.read_text().replace("mutants =", "equivalent = true\nmutants ="))
    (line,) = stale(read_review(path), NAMES, results)
    assert line.endswith("is killed; remove the entry")


def test_an_entry_without_its_mutant_is_stale(tmp_path: Path) -> None:
    review = read_review(written(tmp_path, f"{{ {ENTRY}, number = 3 }}"))
    (line,) = stale(review, NAMES, {})
    assert line.endswith("there is no such mutant; mend or remove the entry")


def test_entries_of_a_side_that_was_not_looked_at_are_left_alone(tmp_path: Path) -> None:
    review = read_review(written(tmp_path, f"{{ {ENTRY} }}".replace("bpf/", "model/")))
    assert list(stale(review, NAMES, {})) == []


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        (f"{{ {ENTRY} }}, {{ {ENTRY} }}", "listed twice"),
        ("", "survivor.0.mutants"),
        (f"{{ {ENTRY}, line = 5 }}", "line"),
        ("{", "no TOML"),
    ],
)
def test_a_bad_list_is_refused_in_a_line(tmp_path: Path, entries: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem) as caught:
        read_review(written(tmp_path, entries))
    assert "\n" not in str(caught.value)


def test_the_shipped_list_names_mutants_that_there_are() -> None:
    names = names_of(one for side in Side for one in all_mutants(side))
    review = read_review(REPOSITORY / "corpora" / "survivors.toml")
    assert review.reasons
    assert list(stale(review, names, {})) == []


def test_a_missing_list(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_review(tmp_path / "nothing.toml")
