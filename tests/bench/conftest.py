"""A datapath of small tables at the wrapper, for all tests of measurements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.bench.timing import Lane
from harness.bench.topology import topology
from harness.bench.wrapper import Wrapper
from harness.datapath.bench import Bench


@pytest.fixture(scope="package")
def lane() -> Iterator[Lane]:
    with Bench() as bench:
        wrapper = Wrapper()
        subject = bench.open()
        subject.apply(topology())
        yield Lane(subject, wrapper)
        wrapper.close()


@pytest.fixture(scope="package")
def wrapper(lane: Lane) -> Wrapper:
    return lane.wrapper
