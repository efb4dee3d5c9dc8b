"""A campaign on Dask workers does what it does here, and loses nothing with one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import distributed
import pytest

from tests.fuzz.command import campaign

STEPS = ("--max-steps", "5000", "--seed", "3")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_two_workers_give_the_trace_of_the_seed(tmp_path: Path, address: str) -> None:
    here = campaign(tmp_path, *STEPS)
    there = campaign(tmp_path, *STEPS, "--dask", address)
    assert (here.code, there.code) == (0, 0), there.err
    for name in ("trace_hash", "steps", "coverage", "cases"):
        assert there.object[name] == here.object[name], name
