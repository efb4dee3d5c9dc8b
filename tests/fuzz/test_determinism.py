"""The same seed does the same: in other processes, on more of them, by either loader."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.command import Finished, campaign

STEPS = "6500"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A campaign on one process."""
    done = campaign(tmp_path_factory.mktemp("alone"), "--max-steps", STEPS, "--seed", "3")
    assert done.code == 0, done.err
    return done


@pytest.mark.parametrize(
    "arguments",
    [("--workers", "2"), ("--loader", "bcc")],
    ids=["on two processes", "by the other loader"],
)
def test_the_trace_is_that_of_the_seed(
    tmp_path: Path, alone: Finished, arguments: tuple[str, ...]
) -> None:
    seeded = ("--max-steps", STEPS, "--seed", "3")
    done = campaign(tmp_path, *seeded, *arguments, changes={"PYTHONHASHSEED": "7"})
    assert done.object["trace_hash"] == alone.object["trace_hash"]
    assert done.object["statistics"]["steps"] == alone.object["steps"] > 6000
    assert done.object["coverage"] == alone.object["coverage"]


def test_another_seed_gives_another_trace(tmp_path: Path, alone: Finished) -> None:
    done = campaign(tmp_path, "--max-steps", "512", "--seed", "4")
    assert done.object["trace_hash"] != alone.object["trace_hash"]


def test_both_sides_are_covered_and_told(alone: Finished) -> None:
    coverage = alone.object["coverage"]
    assert 300 < coverage["datapath"]["branches"] < coverage["datapath"]["of"]
    assert 50 < coverage["model"]["clauses"] <= coverage["model"]["of"]


def test_what_is_not_counted_is_no_figure(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    done = campaign(tmp_path, "--max-steps", "512", "--unguided", "--corpus", str(folder))
    assert done.code == 0, done.err
    assert done.object["coverage"]["datapath"] is None
    lines = (folder / "fuzzer_stats").read_text().splitlines()
    stats = {
        name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    assert stats["branches"] == "not counted"
