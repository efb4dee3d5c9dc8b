"""Hypothesis strategies for topologies, packets and scenarios: for properties of one's own.

docs/strategies.md shows how. Needs the package `hypothesis`.
"""

from harness.strategies.packets import frames, headers, packets
from harness.strategies.scenarios import operations, scenarios, steps
from harness.strategies.topologies import configurations, rules, services, topologies
from harness.strategies.values import addresses, entries, families, flow_keys, flows, networks

__all__ = [
    "addresses",
    "configurations",
    "entries",
    "families",
    "flow_keys",
    "flows",
    "frames",
    "headers",
    "networks",
    "operations",
    "packets",
    "rules",
    "scenarios",
    "services",
    "steps",
    "topologies",
]
