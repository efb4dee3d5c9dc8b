"""Scapy where people read and write packets; nothing here is called for a step that agrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scapy.config import conf
from scapy.layers import inet, inet6, sctp  # noqa: F401 - inet6 teaches Ether its payload
from scapy.layers.l2 import Ether
from scapy.packet import Raw

ETHERNET_BYTES = 14

for transport in (inet.TCP, inet.UDP, sctp.SCTP):
    # Ports are told as numbers: names of services depend on the machine's /etc/services.
    conf.noenum.add(transport.sport, transport.dport)


def packet_of(frame: bytes) -> Any:
    """A frame as a Scapy packet; one that is shorter than an Ethernet header is raw bytes."""
    return Ether(frame) if len(frame) >= ETHERNET_BYTES else Raw(frame)


def dissect(frame: bytes) -> Iterator[Any]:
    """Scapy layers of a frame, outermost first, quoted packets included."""
    layer = packet_of(frame)
    while layer and type(layer).__name__ != "NoPayload":
        yield layer
        layer = layer.payload


def summary(frame: bytes) -> str:
    """A frame in a line, in Scapy's words."""
    text: str = packet_of(frame).summary()
    return text.removeprefix("Ether / ")
