"""Gives addresses, ports, numbers and names their canonical values, everywhere at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from harness.shrink.names import Names, collect
from harness.shrink.renamed import renamed_operation, renamed_packet
from harness.shrink.search import Search
from harness.shrink.view import operations_of, with_operations, with_packets
from harness.step import Scenario
from model.domain.operation import PutService

SALTS: Final = range(8)
"""So many canonical pods and client ports are tried: a hash decides about some divergences."""

PARTS: Final[tuple[Callable[[Names], Names], ...]] = (
    lambda names: replace(names, plain_tables=False),
    lambda names: replace(names, addresses={}, ports={}, plain_tables=False),
    lambda names: replace(names, ports={}, plain_tables=False),
    lambda names: replace(names, addresses={}, plain_tables=False),
    lambda names: replace(names, addresses={}, ports={}, numbers={}, plain_tables=False),
)
"""What is tried alone where everything at once is too much."""


def rename(search: Search) -> None:
    """Canonical values for everything, or for a part where not everything can be renamed."""
    for salt in SALTS:
        other = renamed(search.scenario, collect(search.scenario, salt))
        if same(other, search.scenario) or search.attempt(other):
            return
    for part in PARTS:
        other = renamed(search.scenario, part(collect(search.scenario, SALTS[0])))
        if not same(other, search.scenario) and search.attempt(other):
            return


def attempt_by_hash(search: Search, scenario: Scenario) -> bool:
    """Whether a scenario does as it is, or under canonical names where a hash decides (LB-3a)."""
    if same(scenario, search.scenario):
        return False
    if search.attempt(scenario):
        return True
    services = [one.service for one in operations_of(scenario) if isinstance(one, PutService)]
    if all(len(service.backends) < 2 for service in services):
        return False
    return any(search.attempt(renamed(scenario, collect(scenario, salt))) for salt in SALTS)


def same(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios do the same."""
    return one.topology == other.topology and tuple(one.steps) == tuple(other.steps)


def renamed(scenario: Scenario, names: Names) -> Scenario:
    """The scenario under other names."""
    moved = with_packets(scenario, lambda packet: renamed_packet(packet, names))
    return with_operations(moved, lambda operation: renamed_operation(operation, names))
