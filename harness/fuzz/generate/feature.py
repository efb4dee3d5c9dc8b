"""What a round can be about. Each round leaves some out: swarm testing.

A round with everything in it is always the same mixture, in which rare things drown: a table that
fills up only while nothing removes from it is never full where removals are always on.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from harness.fuzz.generate.dice import Dice


class Feature(Enum):
    """One thing that a round has or leaves out."""

    IPV4 = auto()
    IPV6 = auto()
    TCP = auto()
    UDP = auto()
    SCTP = auto()
    ICMP = auto()
    OTHER_PROTOCOLS = auto()
    SERVICES = auto()
    RANDOM = auto()
    AFFINITY = auto()
    HAIRPIN = auto()
    NODE_PORTS = auto()
    LOCAL_POLICY = auto()
    BACKEND_STATES = auto()
    OWN_FRONTEND = auto()
    FEW_PORTS = auto()
    RULES = auto()
    IDENTITIES = auto()
    ISOLATION = auto()
    REJECT = auto()
    REASSEMBLY = auto()
    NO_PICK_UP = auto()
    HOST_BARRED = auto()
    SHORT_TIMEOUTS = auto()
    EVENTS_OFF = auto()
    EVENT_LIMIT = auto()
    TRACES = auto()
    ENTRIES = auto()
    ANY_FLAGS = auto()
    ERRORS = auto()
    FRAGMENTS = auto()
    EXTENSIONS = auto()
    LENGTHS = auto()
    MUTATION = auto()
    STRAYS = auto()
    TIME = auto()
    OPERATIONS = auto()
    COLLECTOR = auto()
    METADATA = auto()
    BARE_UDP = auto()


FAMILIES: Final = (Feature.IPV4, Feature.IPV6)
PROTOCOLS: Final = (Feature.TCP, Feature.UDP, Feature.SCTP, Feature.ICMP)
RARE: Final = {
    Feature.RANDOM: 0.1,
    Feature.TRACES: 0.15,
    Feature.EVENTS_OFF: 0.15,
    Feature.EVENT_LIMIT: 0.15,
    Feature.NO_PICK_UP: 0.2,
    Feature.HOST_BARRED: 0.25,
    Feature.ISOLATION: 0.3,
    Feature.BARE_UDP: 0.3,
    Feature.OWN_FRONTEND: 0.25,
    Feature.SERVICES: 0.8,
    Feature.TCP: 0.7,
    Feature.TIME: 0.8,
}
COMMON: Final = 0.5

Swarm = frozenset[Feature]
"""The features of one round."""


def draw_swarm(dice: Dice, wanted: Swarm = frozenset()) -> Swarm:
    """Features for a round: wanted ones nearly always, a family and a protocol for sure."""
    swarm = {
        feature
        for feature in Feature
        if dice.chance(0.9 if feature in wanted else RARE.get(feature, COMMON))
    }
    for group in (FAMILIES, PROTOCOLS):
        if swarm.isdisjoint(group):
            swarm.add(dice.pick(group))
    return frozenset(swarm)
