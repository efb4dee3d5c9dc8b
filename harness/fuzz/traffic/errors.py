"""ICMP errors that quote packets which went by (CT-9, NAT-2)."""

from __future__ import annotations

from typing import Final

from harness.frames.build import ETHERTYPES, GATEWAY, ipv4, ipv6, with_checksum
from harness.frames.headers import ICMP_OF, Headers
from harness.fuzz.generate import pool
from harness.fuzz.generate.dice import Dice
from harness.fuzz.traffic.frame import ETHERNET
from model.domain.address import Address, Family
from model.domain.event import Hook
from model.domain.packet import Packet

KINDS: Final = {
    Family.IPV4: ((3, 3), (3, 4), (11, 0), (12, 0), (4, 0), (5, 1)),
    Family.IPV6: ((1, 4), (2, 0), (3, 0), (4, 1), (5, 0)),
}
"""Type and code; the last ones are no errors by CT-9."""

QUOTES: Final = {Family.IPV4: (28, 27, 20, 19, 40), Family.IPV6: (48, 47, 40, 39, 60)}
"""Bytes that are quoted: header and 8, and what is just too short or long enough for a checksum."""

WHOLE: Final = 1232


def draw_error(dice: Dice, hook: Hook, interface: int, frame: bytes) -> Packet | None:
    """An error about a frame as it travelled on from a hook; None for what is no IP packet.

    About one that left the pod the error enters it, and the other way round.
    """
    family = Family.IPV4 if frame[12:14] == ETHERTYPES[Family.IPV4] else Family.IPV6
    quoted = frame[ETHERNET:]
    source, destination = ends_of(quoted, family)
    if len(destination) not in (4, 16):
        return None
    if dice.chance(0.2):
        destination = dice.pick(pool.everyone(family))  # a router, or who has no part in it
    length = WHOLE if dice.chance(0.5) else dice.pick(QUOTES[family])
    kind, code = dice.pick(KINDS[family])
    headers = Headers(destination, source, ICMP_OF[family], icmp_type=kind, icmp_code=code)
    content = with_checksum(headers, bytes((kind, code)) + bytes(6) + quoted[:length])
    build = ipv4 if family is Family.IPV4 else ipv6
    return at_other_hook(hook, interface, ETHERTYPES[family] + build(headers, content))


def at_other_hook(hook: Hook, interface: int, packet: bytes) -> Packet:
    """A packet (with its EtherType) that comes from where the hook's packets go to."""
    own = bytes((2, 0)) + interface.to_bytes(4, "big")
    if hook is Hook.FROM_CONTAINER:
        return Packet(Hook.TO_CONTAINER, interface, own + GATEWAY + packet)
    return Packet(Hook.FROM_CONTAINER, interface, GATEWAY + own + packet)


def ends_of(packet: bytes, family: Family) -> tuple[Address, Address]:
    """Source and destination of an IP packet."""
    if family is Family.IPV4:
        return packet[12:16], packet[16:20]
    return packet[8:24], packet[24:40]
