"""The run-time configuration (OBS-4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from model.domain.address import Address, parse_address

SECOND: Final = 1_000_000_000
"""Nanoseconds."""


DEFAULT_LOOPBACK_IPV4: Final = parse_address("169.254.42.1")
DEFAULT_LOOPBACK_IPV6: Final = parse_address("fd00:2a::1")


class NoBackendAction(IntEnum):
    """What happens to a packet for a service without an eligible backend (LB-8)."""

    DROP = 0
    REJECT = 1


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Flow and fragment timeouts in nanoseconds (CT-3, FRAG-1)."""

    tcp_opening: int = 60 * SECOND
    tcp_established: int = 8000 * SECOND
    tcp_closing: int = 10 * SECOND
    other: int = 60 * SECOND
    fragment: int = 30 * SECOND


@dataclass(frozen=True, slots=True)
class EventSwitches:
    """Which events go on the ring, and how many per second and CPU (OBS-2, OBS-3); 0: no limit."""

    policy_verdicts: bool = True
    selections: bool = True
    drops: bool = True
    traces: bool = False
    per_second: int = 0


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting of the datapath, with its default.

    - `pick_up_mid_stream`: judge TCP without SYN and flow by policy instead of dropping it (CT-7)
    - `host_reaches_pods`: the node needs no rule to reach its pods (POL-6)
    - `no_backend`: drop or reject (LB-8); `rejects_per_second`: at most so many answers per CPU
    - `loopback_ipv4`, `loopback_ipv6`: source address of hairpin packets (LB-11)
    - `defragmentation_interface`: interface index for reassembly, 0 for none (FRAG-2)
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    events: EventSwitches = field(default_factory=EventSwitches)
    pick_up_mid_stream: bool = True
    host_reaches_pods: bool = True
    no_backend: NoBackendAction = NoBackendAction.DROP
    rejects_per_second: int = 100
    loopback_ipv4: Address = DEFAULT_LOOPBACK_IPV4
    loopback_ipv6: Address = DEFAULT_LOOPBACK_IPV6
    defragmentation_interface: int = 0
