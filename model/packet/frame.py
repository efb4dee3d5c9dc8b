"""Ethernet frames (RFC 894) and the way to the L4 header."""

from __future__ import annotations

from typing import Final

from model.domain.reason import Reason
from model.drop import Drop
from model.packet import ipv4, ipv6, transport
from model.packet.view import View
from model.trace import Trace

ETHERTYPE: Final = slice(12, 14)
ARP: Final = b"\x08\x06"
IPV4: Final = b"\x08\x00"
IPV6: Final = b"\x86\xdd"


def parse(frame: bytes, trace: Trace) -> View | None:
    """View of an IP packet; None for what passes without tracking (PKT-1).

    `frame` holds at least an Ethernet header. Drops by PKT-1 to PKT-6 and FRAG-3.
    """
    ethertype = frame[ETHERTYPE]
    if ethertype == IPV4:
        view = ipv4.parse(frame, trace)
    elif ethertype == IPV6:
        view = ipv6.parse(frame, trace)
    elif ethertype == ARP:
        trace.note("PKT-1", "ARP passes")
        return None
    else:
        raise Drop(Reason.UNKNOWN_L3, "PKT-1")
    transport.parse(frame, view, trace)
    if transport.is_neighbour_discovery(view):
        trace.note("PKT-1", "neighbour discovery passes")
        trace.note("PKT-1a", "nobody asks for its endpoint and source")
        return None
    return view
