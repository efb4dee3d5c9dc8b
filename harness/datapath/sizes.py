"""Sizes of maps: for runs that load often and start empty a thousand times, for full tables."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from harness.kernel.loader import MapOptions
from model.domain.address import Family
from model.domain.limits import Limits, TableKind, TableName

TEST_SIZES: Final = MappingProxyType(
    {
        "conntrack_ipv4": 16384,
        "conntrack_ipv6": 16384,
        "affinities_ipv4": 4096,
        "affinities_ipv6": 4096,
        "datagrams_ipv4": 1024,
        "datagrams_ipv6": 1024,
        "frontends_ipv4": 4096,
        "frontends_ipv6": 4096,
        "services": 4096,
        "eligible_backends": 8192,
        "maglev_tables": 131072,
        "backends": 8192,
        "addresses_ipv4": 16384,
        "addresses_ipv6": 16384,
        "prefixes_ipv4": 4096,
        "prefixes_ipv6": 4096,
        "policies": 8192,
        "policy_pages": 1024,
    }
)
"""`max_entries` by map name. `maglev_tables` holds eight tables of the default size."""

TEST_MAPS: Final = MapOptions(TEST_SIZES)


def map_name(table: TableName) -> str:
    """What a table is called in C."""
    return f"{table.kind.value}_ipv{table.family:d}"


def limited(options: MapOptions, limits: Limits) -> MapOptions:
    """The same maps, with tables of these sizes; a plain hash refuses where LRU evicts (CT-12)."""
    sizes, kinds = dict(options.sizes), dict(options.kinds)
    for table in (TableName(kind, family) for kind in TableKind for family in Family):
        size, name = limits.size(table.kind), map_name(table)
        if size is not None:
            sizes[name] = size
            kinds[name] = "hash" if limits.refuse else "lru_hash"
    return options._replace(sizes=sizes, kinds=kinds)
