"""What is new about a packet, by AFL's buckets."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.coverage.novelty import Novelty, SeenCounts

BUCKETS = [(1, 1), (2, 2), (3, 3), (4, 7), (8, 15), (16, 31), (32, 127), (128, (1 << 63) - 1)]


def counts(*values: int) -> NDArray[np.uint64]:
    return np.array(values, np.uint64)


def bucket(count: int) -> int | None:
    """The number of a count's bucket, None for 0."""
    return next((n for n, (low, high) in enumerate(BUCKETS) if low <= count <= high), None)


def test_a_first_move_is_a_new_branch_and_the_same_again_is_nothing() -> None:
    seen = SeenCounts(3)
    assert seen.add(counts(0, 0, 0)) is Novelty.NOTHING
    assert seen.add(counts(0, 1, 0)) is Novelty.NEW_BRANCH
    assert seen.add(counts(0, 1, 0)) is Novelty.NOTHING
    assert seen.branches == 1


def test_another_bucket_is_a_new_count_and_the_same_bucket_is_not() -> None:
    seen = SeenCounts(1)
    assert [seen.add(counts(count)) for count in (1, 4, 7, 8, 5, 127, 32)] == [
        Novelty.NEW_BRANCH,
        Novelty.NEW_COUNT,
        Novelty.NOTHING,
        Novelty.NEW_COUNT,
        Novelty.NOTHING,
        Novelty.NEW_COUNT,
        Novelty.NOTHING,
    ]


def test_what_another_campaign_has_seen_is_new_no_more() -> None:
    ours, theirs = SeenCounts(2), SeenCounts(2)
    theirs.add(counts(3, 0))
    ours.merge(theirs.seen)
    assert ours.add(counts(3, 0)) is Novelty.NOTHING
    assert ours.add(counts(3, 1)) is Novelty.NEW_BRANCH


numbers = st.one_of(st.integers(0, 130), st.integers(0, (1 << 63) - 1))


@settings(derandomize=True)
@given(st.lists(st.lists(numbers, min_size=4, max_size=4), max_size=12))
def test_it_is_as_buckets_kept_in_sets_would_have_it(rows: list[list[int]]) -> None:
    seen = SeenCounts(4)
    kept: list[set[int]] = [set() for _ in range(4)]
    for row in rows:
        found = {n: number for n, count in enumerate(row) if (number := bucket(count)) is not None}
        new = {n for n, number in found.items() if number not in kept[n]}
        first = any(not kept[n] for n in new)
        expected = Novelty.NEW_BRANCH if first else Novelty.NEW_COUNT if new else Novelty.NOTHING
        assert seen.add(counts(*row)) is expected
        for n, number in found.items():
            kept[n].add(number)
    assert seen.branches == sum(bool(one) for one in kept)
