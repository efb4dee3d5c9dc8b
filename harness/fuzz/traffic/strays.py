"""Packets that belong nowhere: other protocols, foreign sources, interfaces without a pod (PKT)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.frames.build import GATEWAY, build_frame
from harness.frames.headers import Headers
from harness.fuzz.generate import pool
from harness.fuzz.generate.dice import Dice
from harness.fuzz.traffic.conversation import UNKNOWN_INTERFACE, Conversation
from model.domain.address import Family, parse_address
from model.domain.event import Hook
from model.domain.packet import Packet
from model.domain.protocol import ICMPV6

ETHERTYPES: Final = (b"\x08\x06", b"\x81\x00", b"\x88\xa8", b"\x00\x26", b"\x88\xcc", b"\x86\xdc")
NEIGHBOUR_TYPES: Final = (132, 133, 134, 135, 136, 137, 138)
LINK_LOCAL: Final = parse_address("fe80::1")
ALL_NODES: Final = parse_address("ff02::1")


def draw_stray(dice: Dice, conversation: Conversation) -> Packet:
    """One stray; the conversation says where it comes."""
    kind = dice.below(4)
    hook, interface = conversation.hook, conversation.interface
    if kind == 0:
        own = bytes((2, 0)) + interface.to_bytes(4, "big")
        return Packet(hook, interface, GATEWAY + own + dice.pick(ETHERTYPES) + bytes(46))
    if kind == 1:
        return neighbour(dice, hook, interface)
    if kind == 2:
        frame = conversation.say(2).packet.data
        return Packet(hook, UNKNOWN_INTERFACE, frame)
    return foreign(dice, conversation)


def neighbour(dice: Dice, hook: Hook, interface: int) -> Packet:
    """Neighbour discovery, and the types on either side of it (RFC 4861)."""
    source = LINK_LOCAL if dice.chance(0.7) else dice.pick(pool.PODS[Family.IPV6])
    kind = dice.pick(NEIGHBOUR_TYPES)
    headers = Headers(source, ALL_NODES, ICMPV6, icmp_type=kind, payload=dice.pick((0, 16)))
    return Packet(hook, interface, build_frame(headers, hook, interface))


def foreign(dice: Dice, conversation: Conversation) -> Packet:
    """A packet with a source that is not its sender's."""
    family = conversation.headers.family
    headers = replace(conversation.headers, source=dice.pick(pool.everyone(family)))
    frame = build_frame(headers, conversation.hook, conversation.interface)
    return Packet(conversation.hook, conversation.interface, frame)
