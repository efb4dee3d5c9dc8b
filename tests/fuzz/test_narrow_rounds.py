"""Some rounds have tables that are soon full, and teach nothing that other rounds could repeat."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.datapath.bench import Bench
from harness.fuzz.explorer import FULL, NARROW, Explorer
from harness.fuzz.settings import ROUND_STEPS, Settings


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    with Bench() as bench:
        yield Explorer(bench, Settings(seed=5, guided=False))


@pytest.mark.clause(hits=["CT-12", "CT-12a"])
def test_a_narrow_round_fills_its_tables_and_agrees(explorer: Explorer) -> None:
    done = explorer.carry_out(NARROW // 2, ROUND_STEPS)
    assert done.walked.divergence is None
    assert done.walked.scenario.limits == FULL
    assert done.walked.tally.reasons["conntrack_create_failed"] > 0
    assert not done.features
    assert not done.case
    assert done.walked.digest
    assert not done.walked.free


def test_the_next_rounds_have_room_again(explorer: Explorer) -> None:
    opened = []
    for number in range(NARROW // 2 + 1, NARROW // 2 + 4):
        done = explorer.carry_out(number, ROUND_STEPS)
        assert done.walked.divergence is None
        assert done.walked.tally.reasons["conntrack_create_failed"] == 0
        opened.append(done.walked.tally.reasons["new"])
    assert FULL.conntrack is not None
    assert max(opened) > FULL.conntrack
