"""The Scapy classes that the notation knows. Scapy is imported when the first packet is read."""

from __future__ import annotations

import importlib
import logging
from functools import cache
from typing import Any, Final

MODULES: Final[dict[str, tuple[str, ...]]] = {
    "scapy.packet": ("Raw", "Padding"),
    "scapy.layers.l2": ("Ether", "ARP", "Dot1Q", "Dot1AD", "GRE"),
    "scapy.layers.inet": (
        "IP",
        "TCP",
        "UDP",
        "ICMP",
        "IPOption",
        "IPOption_EOL",
        "IPOption_NOP",
        "IPOption_RR",
        "IPOption_Timestamp",
        "IPOption_Router_Alert",
        "IPOption_LSRR",
        "IPOption_SSRR",
    ),
    "scapy.layers.inet6": (
        "IPv6",
        "IPv6ExtHdrHopByHop",
        "IPv6ExtHdrRouting",
        "IPv6ExtHdrFragment",
        "IPv6ExtHdrDestOpt",
        "Pad1",
        "PadN",
        "RouterAlert",
        "HBHOptUnknown",
        "ICMPv6DestUnreach",
        "ICMPv6PacketTooBig",
        "ICMPv6TimeExceeded",
        "ICMPv6ParamProblem",
        "ICMPv6EchoRequest",
        "ICMPv6EchoReply",
        "ICMPv6MLQuery",
        "ICMPv6MLReport",
        "ICMPv6MLDone",
        "ICMPv6ND_RS",
        "ICMPv6ND_RA",
        "ICMPv6ND_NS",
        "ICMPv6ND_NA",
        "ICMPv6ND_Redirect",
        "ICMPv6NDOptSrcLLAddr",
        "ICMPv6NDOptDstLLAddr",
        "ICMPv6NDOptMTU",
        "ICMPv6Unknown",
    ),
    "scapy.layers.sctp": (
        "SCTP",
        "SCTPChunkData",
        "SCTPChunkInit",
        "SCTPChunkInitAck",
        "SCTPChunkSACK",
        "SCTPChunkHeartbeatReq",
        "SCTPChunkHeartbeatAck",
        "SCTPChunkAbort",
        "SCTPChunkShutdown",
        "SCTPChunkShutdownAck",
        "SCTPChunkError",
        "SCTPChunkCookieEcho",
        "SCTPChunkCookieAck",
        "SCTPChunkShutdownComplete",
    ),
    "scapy.layers.ipsec": ("AH",),
}
MODULE_OF: Final = {name: module for module, names in MODULES.items() for name in names}

ERROR_LAYERS: Final[dict[str, str]] = {
    "IPerror": "IP",
    "TCPerror": "TCP",
    "UDPerror": "UDP",
    "ICMPerror": "ICMP",
    "SCTPerror": "SCTP",
    "IPerror6": "IPv6",
}
"""Scapy's names for the layers of a quoted packet, and what they are."""


@cache
def prepare() -> Any:
    """Scapy's base module, told to keep quiet and to look at no routes; all layers loaded."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    config = importlib.import_module("scapy.config").conf
    config.route_autoload = False
    config.route6_autoload = False
    config.verb = 0
    for module in ("scapy.layers.inet", "scapy.layers.inet6", "scapy.layers.sctp"):
        importlib.import_module(module)
    stop_clocks(importlib.import_module("scapy.layers.inet"))
    return importlib.import_module("scapy.packet")


def stop_clocks(inet: Any) -> None:
    """ICMP time stamps are 0 by default; Scapy's default is when it was imported."""
    for field in inet.ICMP.fields_desc:
        inner = getattr(field, "fld", field)
        if isinstance(inner, inet.ICMPTimeStampField):
            inner.default = 0


@cache
def layer_class(name: str) -> Any:
    """The Scapy class of a layer that the notation knows."""
    prepare()
    return getattr(importlib.import_module(MODULE_OF[name]), name)
