"""Figures as a store of results keeps them."""

from __future__ import annotations

from typing import Final

from harness.bench.measurement import Measurement
from harness.kernel.interface import LoaderName
from harness.store.records import Measure

LOADERS: Final = frozenset(one.value for one in LoaderName)


def stored(one: Measurement) -> Measure:
    """A figure by a name without its loader, so that both loaders' courses stand together."""
    parts = one.name.split("/")
    loader = next((part for part in parts if part in LOADERS), "")
    name = "/".join(part for part in parts if part not in LOADERS)
    return Measure(loader, name, one.value, one.unit, not one.more_is_better)
