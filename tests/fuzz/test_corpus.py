"""Corpora are made few, merged and imported without losing what they reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.options import REPOSITORY
from harness.fuzz.corpus.reduce import Measured, few, pieces
from harness.fuzz.corpus.store import save_case
from harness.step import ClockStep, OperationStep, Scenario, Step
from model.domain.operation import RemoveRule
from tests.fuzz.command import campaign, twinpath


def measured(name: str, steps: int, *features: int) -> Measured:
    """A case that reaches some features with so many steps."""
    case = Scenario(name, name, (), tuple(ClockStep(1) for _ in range(steps)))
    return Measured(case, None, frozenset(features))


def test_few_cases_reach_what_all_do() -> None:
    cases = [
        measured("small", 1, 1),
        measured("large", 9, 1, 2, 3),
        measured("other", 2, 4),
        measured("longer", 3, 4),
    ]
    assert [one.scenario.name for one in few(cases)] == ["large", "other"]
    assert few([]) == []


def test_pieces_keep_the_operations_before_them() -> None:
    operation = OperationStep((RemoveRule(1),), "file:1")
    steps: tuple[Step, ...] = (operation, *(ClockStep(number + 1) for number in range(99)))
    first, second = pieces(Scenario("long", "long", (), steps))
    assert len(tuple(first.steps)) == 64
    assert next(iter(second.steps)) == OperationStep((RemoveRule(1),))
    assert len(tuple(second.steps)) == 37


def test_a_case_is_named_by_its_contents(tmp_path: Path) -> None:
    first = save_case(tmp_path, Scenario("case", "case", (), (ClockStep(1),)))
    again = save_case(tmp_path, Scenario("case", "case", (), (ClockStep(1),)))
    other = save_case(tmp_path, Scenario("case", "case", (), (ClockStep(2),)))
    assert first == again != other
    assert sorted(tmp_path.iterdir()) == sorted({first, other})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a campaign's corpus `one` and one that scenarios were imported into, `two`."""
    folder = tmp_path_factory.mktemp("corpora")
    assert campaign(folder, "--corpus", "one", "--max-steps", "2500").code == 0
    scenarios = str(
        REPOSITORY / "corpora" / "scenarios" / "conntrack" / "ct-5-handshake-data-and-close.yaml"
    )
    done = twinpath(folder, "corpus", "import", "two", scenarios, "--json")
    assert done.code == 0, done.err
    assert done.object["added"] >= 1
    return folder


def test_a_merged_corpus_gains_nothing_twice(folder: Path) -> None:
    first = twinpath(folder, "corpus", "merge", "two", "one", "--json")
    again = twinpath(folder, "corpus", "merge", "two", "one", "--json")
    assert first.object["added"] >= 1
    assert (again.object["cases"], again.object["added"]) == (first.object["cases"], 0)


def test_a_minimised_corpus_misses_nothing_of_the_whole(folder: Path) -> None:
    done = twinpath(folder, "corpus", "minimise", "one", "--json")
    assert done.code == 0, done.err
    assert done.object["kept"] == len(list((folder / "one" / "queue").glob("*.yaml"))) >= 1
    again = twinpath(folder, "corpus", "minimise", "one", "--json")
    assert again.object["removed"] == 0
