"""What an LRU hash keeps whatever is put into it, held against what the kernel does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from harness.kernel import abi, lru
from harness.kernel.errors import MapError
from harness.kernel.interface import Map
from harness.kernel.libbpf import library
from harness.kernel.processor import pinned_to_one_cpu

SIZES = [1, 2, 3, 7, 8, 64, 100, 200]


@pytest.fixture(autouse=True, scope="module")
def one_cpu() -> Iterator[None]:
    """Free lists are each CPU's own."""
    with pinned_to_one_cpu():
        yield


def remove(fd: int, number: int) -> None:
    assert library().bpf_map_delete_elem(fd, lru.KEY.pack(number)) == 0


@pytest.mark.parametrize("size", SIZES)
def test_what_is_kept_is_kept_through_any_history(size: int) -> None:
    """Updates, replacements and removals at random, several times the map's size."""
    kept = lru.kept_elements(size)
    assert 0 <= kept < size
    random, evicted = Random(size), 0  # noqa: S311 - the same history each time
    fd = lru.create_lru_hash(size)
    try:
        present: set[int] = set()
        for number in range(12 * size):
            if present and random.random() < 0.2:
                removed = random.choice(sorted(present))
                remove(fd, removed)
                present.remove(removed)
                continue
            again = bool(present) and random.random() < 0.2
            put = random.choice(sorted(present)) if again else number
            lru.put(fd, put)
            left = {one for one in present | {put} if lru.contains(fd, one)}
            lost = len(present | {put}) - len(left)
            assert put in left
            assert lost <= max(0, len(present) - kept)
            evicted += lost
            present = left
        assert evicted > size
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", [1, 8, 64, 200])
def test_a_map_that_is_filled_does_evict_down_to_what_is_kept(size: int) -> None:
    """The bound is no idle one: the kernel comes down to it."""
    fd = lru.create_lru_hash(size)
    try:
        least = size
        for number in range(4 * size):
            lru.put(fd, number)
            if number >= size:
                left = sum(lru.contains(fd, one) for one in range(number + 1))
                least = min(least, left - 1)  # the one that was put came afterwards
        assert least == lru.kept_elements(size)
    finally:
        os.close(fd)


def test_large_maps_are_taken_to_evict_the_largest_batch() -> None:
    assert lru.kept_elements(16384) == 16384 - lru.LARGEST_BATCH


def map_of(kind: int) -> Map:
    return cast("Map", SimpleNamespace(kind=kind, max_entries=8))


def test_only_lru_maps_evict() -> None:
    assert lru.kept(map_of(abi.BPF_MAP_TYPE_HASH)) is None
    assert lru.kept(map_of(abi.BPF_MAP_TYPE_LRU_HASH)) == lru.kept_elements(8)


def test_a_size_that_no_map_has_is_an_error() -> None:
    with pytest.raises(MapError, match="creation with 0 elements"):
        lru.create_lru_hash(0)
