"""Intervals of shares, held against figures from a table."""

from __future__ import annotations

import pytest

from harness.mutate.interval import wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(9, 10, 0.5958, 0.9821), (0, 10, 0.0, 0.2775), (95, 100, 0.8882, 0.9785)],
)
def test_wilsons_interval(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-4)


def test_who_has_seen_all_is_sure() -> None:
    assert wilson(9, 10, population=10) == (0.9, 0.9)


def test_nothing_drawn() -> None:
    with pytest.raises(ValueError, match="nothing was drawn"):
        wilson(0, 0)
