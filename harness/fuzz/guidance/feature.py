"""Things that can be reached, each as one number: the same in every process and every run."""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise

from harness.lockstep.result import Way
from model.domain.reason import Reason

FEATURE_BYTES = 7
"""Numbers of 56 bits, which JSON keeps exactly in every reader but those with floats alone."""


KNOWN_WAYS = 1 << 13
"""Long campaigns keep finding ways that no packet has gone before; most go those of late."""


def feature_of(text: str) -> int:
    """The number of something by its description."""
    return int.from_bytes(blake2b(text.encode(), digest_size=FEATURE_BYTES).digest(), "big")


@lru_cache(maxsize=KNOWN_WAYS)
def way_features(way: Way) -> frozenset[int]:
    """A packet's way through the model: its reason, and each note with the one before it.

    Whole ways are too many: every combination of what has nothing to do with each other is one.
    """
    reason, notes = way
    stations = (("", ""), *notes, ("", reason.name))
    return frozenset(feature_of(f"note {before} {after}") for before, after in pairwise(stations))


@cache
def branch_feature(branch: int, bucket: int) -> int:
    """A branch of the in-kernel program, taken about so many times by one packet."""
    return feature_of(f"branch {branch} {bucket}")


@cache
def pair_feature(reason: Reason, branch: int) -> int:
    """A branch of the in-kernel program on the way of a packet that ended for a reason."""
    return feature_of(f"pair {reason.name} {branch}")
