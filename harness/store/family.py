"""Which family a frame is of, by its EtherType alone: asked of every packet of a run."""

from __future__ import annotations

from typing import Final

NONE: Final = "none"
FAMILIES: Final = ("ipv4", "ipv6", NONE)
"""In the order in which reports show them."""

NAMES: Final = {b"\x08\x00": "ipv4", b"\x86\xdd": "ipv6"}
ETHERTYPE: Final = slice(12, 14)


def family_of(frame: bytes) -> str:
    """`ipv4`, `ipv6`, or `none` for whatever else."""
    return NAMES.get(frame[ETHERTYPE], NONE)
