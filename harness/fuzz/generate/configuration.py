"""Run-time configurations (OBS-4)."""

from __future__ import annotations

from typing import Final

from harness.fuzz.generate.dice import Dice
from harness.fuzz.generate.feature import Feature, Swarm
from model.domain.configuration import (
    SECOND,
    Configuration,
    EventSwitches,
    NoBackendAction,
    Timeouts,
)

SPANS: Final = (1, 1000, SECOND - 1, SECOND, SECOND + 1, 2 * SECOND, 7 * SECOND, 60 * SECOND)
"""Timeouts in nanoseconds, some of them about the rate limits' window."""

LIMITS: Final = (0, 1, 2, 5)
REASSEMBLY_INTERFACE: Final = 90


def draw_configuration(dice: Dice, swarm: Swarm) -> Configuration:
    """A configuration for a round's features."""
    return Configuration(
        timeouts=draw_timeouts(dice) if Feature.SHORT_TIMEOUTS in swarm else Timeouts(),
        events=draw_events(dice, swarm),
        pick_up_mid_stream=Feature.NO_PICK_UP not in swarm,
        host_reaches_pods=Feature.HOST_BARRED not in swarm,
        no_backend=NoBackendAction.REJECT if Feature.REJECT in swarm else NoBackendAction.DROP,
        rejects_per_second=dice.pick((*LIMITS, 100)),
        defragmentation_interface=REASSEMBLY_INTERFACE if Feature.REASSEMBLY in swarm else 0,
    )


def draw_timeouts(dice: Dice) -> Timeouts:
    """Timeouts from a nanosecond to a minute."""
    return Timeouts(*(dice.pick(SPANS) for _ in range(5)))


def draw_events(dice: Dice, swarm: Swarm) -> EventSwitches:
    """Switches: all on but for traces, unless the round is about them."""
    limit = dice.pick(LIMITS) if Feature.EVENT_LIMIT in swarm else 0
    traces = Feature.TRACES in swarm
    if Feature.EVENTS_OFF not in swarm:
        return EventSwitches(traces=traces, per_second=limit)
    return EventSwitches(
        dice.chance(0.5), dice.chance(0.5), dice.chance(0.5), traces, per_second=limit
    )
