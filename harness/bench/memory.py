"""Bytes of kernel memory for one more of everything, as the kernel accounts for its maps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from harness.bench.crowd import rules, services
from harness.bench.measurement import Measurement
from harness.bench.packets import SHIPPED
from harness.bench.topology import topology
from harness.datapath.bench import Bench
from harness.kernel.interface import LoadedObject, Map
from harness.kernel.maps import padded
from model.domain.address import Family

COUNT: Final = 5_000
RULES: Final = 10_000
HASHES: Final = ("frontends_ipv4", "services", "addresses_ipv4", "prefixes_ipv4", "policies")
"""Tables of the control plane that take memory as they fill."""

_MEMORY = re.compile(r"^memlock:\s*(\d+)$", re.M)


def memory(bench: Bench) -> Iterator[Measurement]:
    """Flows, services, backends and rules."""
    subject = bench.open(options=SHIPPED)
    loaded = subject.loaded
    for family in Family:
        table = loaded.maps[f"conntrack_ipv{family:d}"]
        each = accounted(table) / table.max_entries
        yield exact(f"entry-ipv{family:d}", each)
    subject.apply(topology())
    before = in_hashes(loaded)
    subject.apply(services(COUNT))
    yield exact("service", (in_hashes(loaded) - before) / COUNT)
    elements = (loaded.maps[name] for name in ("backends", "eligible_backends"))
    yield exact("backend", sum(padded(one.value_size) for one in elements))
    yield exact("maglev-slot", padded(loaded.maps["maglev_tables"].value_size))
    before, pages = in_hashes(loaded), used_pages(loaded)
    subject.apply(rules(RULES))
    page = padded(loaded.maps["policy_pages"].value_size)
    grown = in_hashes(loaded) - before + (used_pages(loaded) - pages) * page
    yield exact("rule", grown / RULES)
    subject.close()


def exact(name: str, value: float) -> Measurement:
    """A figure that is the same each time."""
    return Measurement(f"memory/{name}", "bytes", round(value, 1))


def accounted(table: Map) -> int:
    """Bytes that the kernel says a map takes now."""
    found = _MEMORY.search(Path(f"/proc/self/fdinfo/{table.fd}").read_text("ascii"))
    return int(found[1]) if found else 0


def in_hashes(loaded: LoadedObject) -> int:
    """Bytes in all tables that grow."""
    return sum(accounted(loaded.maps[name]) for name in HASHES)


def used_pages(loaded: LoadedObject) -> int:
    """Policy pages that are not empty."""
    table = loaded.maps["policy_pages"]
    rows = np.frombuffer(table.memory(), np.uint8).reshape(table.max_entries, -1)
    return int(rows.any(axis=1).sum())
