"""Map sizes for runs that load often and start empty a thousand times."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from harness.kernel.loader import MapOptions

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
