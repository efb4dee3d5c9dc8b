"""Jobs shared out among processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.mutate.workers import run_workers
from tests.mutate.processes import children


def all_of_them(numbers: Iterator[int]) -> Iterator[int]:
    yield from numbers


def test_every_job_is_done_once() -> None:
    assert sorted(run_workers(3, range(500), all_of_them)) == list(range(500))


def only_one(numbers: Iterator[int]) -> Iterator[int]:
    yield next(numbers)
    raise ValueError("broken")


def test_a_worker_that_breaks_is_told_and_the_rest_is_not_done(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert len(list(run_workers(2, range(100), only_one))) == 2
    assert "worker: ValueError: broken" in capfd.readouterr().err


def test_who_stops_listening_ends_the_workers() -> None:
    before = children()
    done = run_workers(2, range(100), all_of_them)
    next(done)
    done.close()
    assert children() <= before
