"""Turns captured packets of other link types into Ethernet frames.

Addresses that a link type does not have are set to fixed ones; the datapath never looks at them
but to swap them. Link types: https://www.tcpdump.org/linktypes.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

ETHERNET: Final = 1
SOURCE_MAC: Final = bytes.fromhex("02fe00000001")
DESTINATION_MAC: Final = bytes.fromhex("02fe00000002")
ETHERTYPES: Final = {4: b"\x08\x00", 6: b"\x86\xdd"}

PPP_PROTOCOLS: Final = {b"\x00\x21": ETHERTYPES[4], b"\x00\x57": ETHERTYPES[6]}

ADDRESS_FAMILIES: Final = {2: 4, 10: 6, 24: 6, 28: 6, 30: 6}
"""Numbers that systems give IPv4 and IPv6 in loopback captures."""

UNSUPPORTED_NAMES: Final = {
    6: "token ring",
    51: "PPPoE",
    105: "802.11",
    107: "frame relay",
    119: "802.11 with Prism header",
    127: "802.11 with radiotap",
    147: "user 0",
    189: "USB",
    192: "PPI",
    220: "USB with Linux header",
    249: "USBPcap",
    251: "Bluetooth LE",
}


def ethernet(data: bytes) -> bytes | None:
    """An Ethernet frame as it is; None where there is not even a header."""
    return data if len(data) >= 14 else None


def raw_ip(data: bytes) -> bytes | None:
    """A packet that begins with its IP header."""
    ethertype = ETHERTYPES.get(data[0] >> 4) if data else None
    return DESTINATION_MAC + SOURCE_MAC + ethertype + data if ethertype else None


def cooked(data: bytes) -> bytes | None:
    """Linux cooked capture, version 1: 16 bytes, the protocol last."""
    if len(data) < 16:
        return None
    return DESTINATION_MAC + SOURCE_MAC + data[14:16] + data[16:]


def cooked_2(data: bytes) -> bytes | None:
    """Linux cooked capture, version 2: 20 bytes, the protocol first."""
    if len(data) < 20:
        return None
    return DESTINATION_MAC + SOURCE_MAC + data[:2] + data[20:]


def loopback(data: bytes) -> bytes | None:
    """BSD loopback: four bytes of address family, in either byte order."""
    if len(data) < 4:
        return None
    numbers = (int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big"))
    family = ADDRESS_FAMILIES.get(min(numbers))
    return DESTINATION_MAC + SOURCE_MAC + ETHERTYPES[family] + data[4:] if family else None


def ppp(data: bytes) -> bytes | None:
    """PPP, with or without address and control field; IP packets only."""
    inner = data[2:] if data[:2] == b"\xff\x03" else data
    ethertype = PPP_PROTOCOLS.get(inner[:2])
    return DESTINATION_MAC + SOURCE_MAC + ethertype + inner[2:] if ethertype else None


CONVERTERS: Final[dict[int, Callable[[bytes], bytes | None]]] = {
    0: loopback,
    ETHERNET: ethernet,
    9: ppp,
    12: raw_ip,
    14: raw_ip,
    50: ppp,
    101: raw_ip,
    108: loopback,
    113: cooked,
    228: raw_ip,
    229: raw_ip,
    276: cooked_2,
}


def link_type_name(link_type: int) -> str:
    """What reports call an unsupported link type."""
    name = UNSUPPORTED_NAMES.get(link_type)
    return f"{link_type} ({name})" if name else str(link_type)
