"""Which way a frame gets to the program under test (docs/kernel-lanes.md)."""

from __future__ import annotations

from enum import Enum
from typing import Final

ETHERNET_BYTES: Final = 14
SHORTEST_ACCEPTED: Final = {0x0800: ETHERNET_BYTES + 20, 0x86DD: ETHERNET_BYTES + 40}
"""By EtherType, what BPF_PROG_TEST_RUN wants to see at least."""

ALWAYS_LONG_ENOUGH: Final = max(SHORTEST_ACCEPTED.values())

LONGEST_DIRECT: Final = 3600
"""Accepted by every kernel with pages of 4096 bytes; the exact limit depends on its structures."""

LONGEST: Final = 16000
"""What bpf_skb_change_tail grows a packet to: two pages of order 2, less the kernel's overhead."""


class Lane(Enum):
    """How a frame is run."""

    DIRECT = "direct"
    SHIM = "shim"
    NONE = "none"


def lane_of(frame: bytes) -> Lane:
    """The lane for a frame, by its length and EtherType."""
    length = len(frame)
    if ALWAYS_LONG_ENOUGH <= length <= LONGEST_DIRECT:
        return Lane.DIRECT
    if length > LONGEST or length < ETHERNET_BYTES:
        return Lane.NONE
    if length > LONGEST_DIRECT or length < shortest_accepted(frame):
        return Lane.SHIM
    return Lane.DIRECT


def shortest_accepted(frame: bytes) -> int:
    """Bytes that a frame of this EtherType needs to be run directly."""
    return SHORTEST_ACCEPTED.get(int.from_bytes(frame[12:14], "big"), ETHERNET_BYTES)
