"""A campaign on Dask workers does what it does here, and loses nothing with one of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import distributed
import pytest

from tests.fuzz.command import Finished, campaign
from tests.fuzz.test_crashes import PATIENCE, is_alive, started, wait_for_cases

STEPS = ("--max-steps", "5000", "--seed", "3")


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    """A scheduler with two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The same campaign without Dask."""
    return campaign(tmp_path_factory.mktemp("here"), *STEPS)


def busy_worker(cluster: distributed.LocalCluster) -> int:
    """The process of a Dask worker that has a round to carry out."""
    deadline = monotonic() + PATIENCE
    while True:
        workers = cluster.scheduler.workers.values()
        busy = [one.nanny for one in workers if one.processing]
        for nanny in cluster.workers.values():
            if nanny.address in busy and nanny.process is not None:
                return int(nanny.process.pid)
        assert monotonic() < deadline, "no worker has anything to do"
        sleep(0.01)


def test_two_workers_give_the_trace_of_the_seed(
    tmp_path: Path, cluster: distributed.LocalCluster, here: Finished
) -> None:
    there = campaign(tmp_path, *STEPS, "--dask", cluster.scheduler_address)
    assert (here.code, there.code) == (0, 0), there.err
    for name in ("trace_hash", "steps", "coverage", "cases"):
        assert there.object[name] == here.object[name], name


def test_a_killed_worker_loses_nothing(
    tmp_path: Path, cluster: distributed.LocalCluster, here: Finished
) -> None:
    process = started(tmp_path, *STEPS, "--dask", cluster.scheduler_address)
    wait_for_cases(tmp_path, 1)
    worker = busy_worker(cluster)
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)
    there = Finished(process.returncode, out, err)
    assert there.code == 0, err
    assert not is_alive(worker)
    for name in ("trace_hash", "steps", "coverage", "cases"):
        assert there.object[name] == here.object[name], name
