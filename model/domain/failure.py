"""What the kernel can refuse while a packet is handled, where memory runs out (PKT-10, CT-12c)."""

from __future__ import annotations

from enum import Enum


class Failure(Enum):
    """The one thing that is refused. A packet that does not ask for it goes as usual.

    PACKET: a change of the packet. ENTRY: its conntrack entry, the first where it has two.
    SECOND_ENTRY: its last conntrack entry. MEMORY: an affinity or a datagram.
    """

    PACKET = "packet"
    ENTRY = "entry"
    SECOND_ENTRY = "second entry"
    MEMORY = "memory"
