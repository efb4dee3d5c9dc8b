"""What the machines need to know of a packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model.domain.address import Address, Family
from model.domain.event import Tuple
from model.domain.protocol import TCP

ETHERNET_LENGTH: Final = 14

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10
URG: Final = 0x20
ECE: Final = 0x40
CWR: Final = 0x80


@dataclass(slots=True)
class Fragment:
    """A fragment's place in its datagram; `offset` in bytes, `protocol` as FRAG-1a says."""

    identification: int
    offset: int
    more: bool
    protocol: int


@dataclass(slots=True)
class View:
    """A parsed IP packet inside its frame.

    `transport` is the offset of the L4 header in the frame, `end` that of the first byte behind
    the IP length. For ICMP, `source_port` is the identifier (CT-8) and `destination_port`
    type * 256 + code. `tcp_flags` is 0 for other protocols and for later fragments.
    """

    family: Family
    source: Address
    destination: Address
    protocol: int
    transport: int
    end: int
    source_port: int = 0
    destination_port: int = 0
    tcp_flags: int = 0
    fragment: Fragment | None = None

    @property
    def tuple(self) -> Tuple:
        """Addresses and ports as the packet has them."""
        return Tuple(
            self.source, self.destination, self.source_port, self.destination_port, self.protocol
        )

    @property
    def is_later_fragment(self) -> bool:
        """Whether the L4 header travelled in another packet."""
        return self.fragment is not None and self.fragment.offset > 0

    @property
    def is_initial_syn(self) -> bool:
        """SYN without ACK."""
        return self.protocol == TCP and self.tcp_flags & (SYN | ACK) == SYN
