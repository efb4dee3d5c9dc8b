"""Things that can be reached, each as one number: the same in every process and every run."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

from harness.lockstep.result import Way

FEATURE_BYTES = 7
"""Numbers of 56 bits, which JSON keeps exactly in every reader but those with floats alone."""


def feature_of(text: str) -> int:
    """The number of something by its description."""
    return int.from_bytes(blake2b(text.encode(), digest_size=FEATURE_BYTES).digest(), "big")


@cache
def way_feature(way: Way) -> int:
    """A packet's way through the model: its reason, and every note in order."""
    reason, notes = way
    return feature_of(f"way {reason.name} {notes}")


@cache
def branch_feature(branch: int, bucket: int) -> int:
    """A branch of the in-kernel program, taken about so many times by one packet."""
    return feature_of(f"branch {branch} {bucket}")


def pair_feature(way: int, branches: bytes) -> int:
    """A way and the set of branches that the in-kernel program took with it."""
    digest = blake2b(branches, digest_size=FEATURE_BYTES, key=way.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big")
