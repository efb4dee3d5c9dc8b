"""Which transactions make the datapath look up again what it has cached.

A revision stands for tables, so it is raised when these are written (docs/datapath.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.datapath.control_plane.inventory import Changes
from model.domain.configuration import Configuration
from model.domain.service import Service


def raises_policy_revision(changes: Changes, configuration: Configuration) -> bool:
    """Whether policy may decide otherwise now (POL-5a); `configuration` is what holds afterwards.

    What counts of the configuration is whether it differs in the end, not on the way there.
    """
    before = changes.configuration or configuration
    return changes.policy_relevant or before.host_reaches_pods != configuration.host_reaches_pods


def touches_affinity(pairs: Iterable[tuple[Service | None, Service | None]]) -> bool:
    """Whether one of the changed services, as it was or as it is, has affinity (LB-7).

    A packet whose row is replaced meanwhile may find that there is none, and remember it.
    """
    return any(_has_affinity(old) or _has_affinity(new) for old, new in pairs)


def _has_affinity(service: Service | None) -> bool:
    return service is not None and service.affinity_timeout is not None
