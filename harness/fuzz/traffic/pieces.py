"""Fragments, extension headers and IP options around a conversation's packets (FRAG, PKT-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.frames.build import build_frame
from harness.frames.headers import FragmentFields, Headers
from harness.fuzz.generate.dice import Dice
from harness.fuzz.traffic.conversation import VALID_FLAGS, Conversation
from harness.fuzz.traffic.frame import ETHERNET, IPV4_BYTES
from model.domain.address import Family
from model.domain.packet import Packet
from model.domain.protocol import TCP

IDENTIFICATIONS: Final = (1, 2, 7, 65535, 65537)
OFFSETS: Final = (1, 2, 3, 4, 8)
"""In units of 8 bytes; 1 and 2 lie within a TCP header (FRAG-3)."""

ERROR: Final = {Family.IPV4: 3, Family.IPV6: 1}
"""Errors are never fragmented (FRAG-1c)."""

EXTENSIONS: Final = (0, 43, 60, 51)
MAXIMUM_PIECES: Final = 4


def draw_fragments(dice: Dice, conversation: Conversation) -> list[Packet]:
    """Pieces of a datagram, in some order, overlapping, some twice or missing."""
    headers = with_flags(dice, conversation.headers)
    if headers.is_icmp and dice.chance(0.3):
        headers = replace(headers, icmp_type=ERROR[headers.family], identifier=0)
    if headers.family is Family.IPV6 and dice.chance(0.3):
        headers = replace(headers, extensions=draw_extensions(dice, 2))
    identification = dice.pick(IDENTIFICATIONS)
    pieces = [replace(headers, fragment=FragmentFields(identification, 0, more=True), payload=8)]
    for _ in range(dice.between(1, MAXIMUM_PIECES - 1)):
        place = FragmentFields(identification, dice.pick(OFFSETS), dice.chance(0.5))
        pieces.append(replace(headers, fragment=place, payload=dice.pick((0, 8, 16))))
    if dice.chance(0.3):
        pieces = dice.sample(pieces, len(pieces))
    if dice.chance(0.1):
        atomic = FragmentFields(identification, 0, more=False)
        pieces.append(replace(headers, fragment=atomic))
    return [packet_of(conversation, piece) for piece in pieces]


def draw_extended(dice: Dice, conversation: Conversation) -> Packet:
    """A packet behind extension headers, or with IPv4 options."""
    headers = with_flags(dice, conversation.headers)
    if headers.family is Family.IPV6:
        count = dice.pick((1, 1, 2, 3, 5, 6, 6, 7, 7, 8))
        return packet_of(conversation, replace(headers, extensions=draw_extensions(dice, count)))
    packet = packet_of(conversation, headers)
    return packet._replace(data=with_options(packet.data, 4 * dice.between(1, 10)))


def draw_extensions(dice: Dice, count: int) -> tuple[int, ...]:
    """Kinds of extension headers."""
    return tuple(dice.pick(EXTENSIONS) for _ in range(count))


def with_options(frame: bytes, length: int) -> bytes:
    """An IPv4 frame with so many bytes of no-operation options; the header's checksum goes wrong.

    The datapath does not verify it (PKT-2a).
    """
    changed = bytearray(frame)
    changed[ETHERNET] += length // 4
    total = int.from_bytes(frame[16:18], "big") + length
    changed[16:18] = total.to_bytes(2, "big")
    end = ETHERNET + IPV4_BYTES
    changed[end:end] = b"\x01" * length
    return bytes(changed)


def with_flags(dice: Dice, headers: Headers) -> Headers:
    """Headers with some TCP flags, if they are TCP's."""
    if headers.protocol != TCP:
        return headers
    return replace(headers, tcp_flags=dice.pick(VALID_FLAGS))


def packet_of(conversation: Conversation, headers: Headers) -> Packet:
    """A packet where the conversation's first one comes."""
    frame = build_frame(headers, conversation.hook, conversation.interface)
    return Packet(conversation.hook, conversation.interface, frame)
