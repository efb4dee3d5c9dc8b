"""The ring reader gives every record once, in order, whatever has been written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, islice
from time import perf_counter_ns

import numpy as np
import pytest

from harness.kernel.errors import ObjectError
from harness.kernel.loader import KernelContext, LoadedObject, load
from tests.kernel.conftest import OBJECTS

RING_BYTES = 4096
HEADER_BYTES = 8
FRAME = bytes(64)

Report = Callable[..., int]


@pytest.fixture
def ring(kernel: None) -> Iterator[LoadedObject]:
    loaded_object = load(OBJECTS / "runs.bpf.c")
    yield loaded_object
    loaded_object.close()


@pytest.fixture
def report(ring: LoadedObject) -> Report:
    """Runs the program that writes records; gives how many found no room."""
    layout = ring.btf.structures["order"]

    def run(records: int, size: int = 8, discard_every: int = 0) -> int:
        order = np.frombuffer(ring.maps["orders"].memory(), layout)[0]
        order["records"], order["bytes"] = records, size
        order["discard_every"], order["refused"] = discard_every, 0
        ring.programs["report"].run(FRAME, KernelContext())
        return int(order["refused"])

    return run


def values(records: list[bytes]) -> list[int]:
    return [int.from_bytes(record[:8], "little") for record in records]


def test_records_come_once_and_in_order(ring: LoadedObject, report: Report) -> None:
    reader = ring.ring("records")
    assert reader.drain() == []
    report(3)
    assert values(reader.drain()) == [0, 1, 2]
    assert reader.drain() == []
    report(2, size=24)
    records = reader.drain()
    assert values(records) == [3, 4]
    assert [len(record) for record in records] == [24, 24]


def test_the_ring_goes_round_without_losing_any(ring: LoadedObject, report: Report) -> None:
    reader = ring.ring("records")
    expected = count()
    for round_number in range(100):
        number, size = 1 + round_number % 60, (8, 24)[round_number % 2]
        assert report(number, size=size) == 0
        assert values(reader.drain()) == list(islice(expected, number))


def test_discarded_records_are_left_out(ring: LoadedObject, report: Report) -> None:
    reader = ring.ring("records")
    for _ in range(50):
        report(6, discard_every=3)
    drained = values(reader.drain())
    assert drained[:4] == [1, 2, 4, 5]
    assert all(value % 6 not in {0, 3} for value in drained)


def test_a_full_ring_refuses_and_goes_on_once_drained(ring: LoadedObject, report: Report) -> None:
    reader = ring.ring("records")
    room = (RING_BYTES - 1) // (HEADER_BYTES + 8)  # the kernel never fills the last byte
    refused = sum(report(64) for _ in range(6))
    assert refused == 6 * 64 - room
    assert values(reader.drain()) == list(range(room))
    assert report(1) == 0
    assert values(reader.drain()) == [6 * 64]


def test_at_least_three_quarters_are_free_after_draining(
    ring: LoadedObject, report: Report
) -> None:
    # Space is given back late; how late is bounded.
    reader = ring.ring("records")
    kept = RING_BYTES // 4 // (HEADER_BYTES + 8)
    for _ in range(40):
        report(7)
        reader.drain()
        assert sum(report(64) for _ in range(3)) <= max(0, 3 * 64 - 3 * kept)
        reader.drain()


def test_there_is_one_reader_for_a_ring(ring: LoadedObject) -> None:
    assert ring.ring("records") is ring.ring("records")


@pytest.mark.parametrize("name", ["orders", "absent"])
def test_only_ring_buffers_have_readers(ring: LoadedObject, name: str) -> None:
    with pytest.raises(ObjectError, match=f"no ring buffer '{name}'"):
        ring.ring(name)


def test_an_empty_ring_costs_less_than_a_microsecond(ring: LoadedObject, report: Report) -> None:
    reader = ring.ring("records")
    report(1)
    reader.drain()
    best = min(_nanoseconds(reader.drain, 2000) for _ in range(5))
    assert best < 1000


def _nanoseconds(call: Callable[[], object], times: int) -> float:
    start = perf_counter_ns()
    for _ in range(times):
        call()
    return (perf_counter_ns() - start) / times
