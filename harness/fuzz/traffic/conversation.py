"""Conversations: tuples that a round's packets belong to, and what has become of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.fuzz.generate.dice import Dice
from harness.fuzz.traffic.frame import with_tcp_flags, without_udp_checksum
from harness.step import PacketStep
from model.domain.event import Hook
from model.domain.packet import Packet
from model.domain.protocol import TCP
from model.packet.view import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG

LIFE: Final = (SYN, ACK, PSH | ACK, FIN | ACK, ACK)
"""What the opener of a connection sends, one after the other (RFC 9293)."""

VALID_FLAGS: Final = (SYN, SYN, ACK, ACK, FIN | ACK, RST, RST | ACK, SYN | ACK, ACK | URG)
SEEN_FLAGS: Final = (SYN | ECE | CWR, SYN | URG, FIN | ACK | URG, PSH | ACK, SYN | PSH)
"""Valid too, and seldom sent."""

UNKNOWN_INTERFACE: Final = 77
"""An interface that no pod is on."""

PAYLOADS: Final = (0, 0, 0, 1, 7, 8, 64)


@dataclass(slots=True)
class Conversation:
    """A tuple at a hook of an interface, seen from whoever sends its first packet.

    `latest` is the last packet that passed, as it travelled on: what an answer answers to. In a
    bare one UDP goes without a checksum.
    """

    interface: int
    hook: Hook
    headers: Headers
    bare: bool = False
    stage: int = 0
    latest: tuple[Hook, bytes] | None = None
    templates: dict[int, bytes] = field(default_factory=dict)
    steps: dict[tuple[int, int], PacketStep] = field(default_factory=dict)

    def say(self, flags: int, payload: int = 0) -> PacketStep:
        """A packet of the opener's; `flags` are TCP's, and 0 for other protocols."""
        step = self.steps.get((flags, payload))
        if step is None:
            frame = with_tcp_flags(self.template(payload), flags)
            step = PacketStep(Packet(self.hook, self.interface, frame))
            self.steps[flags, payload] = step
        return step

    def template(self, payload: int) -> bytes:
        """The frame with so much payload."""
        frame = self.templates.get(payload)
        if frame is None:
            headers = replace(self.headers, payload=payload)
            frame = build_frame(headers, self.hook, self.interface)
            if self.bare:
                frame = without_udp_checksum(frame)
            self.templates[payload] = frame
        return frame


def next_flags(dice: Dice, conversation: Conversation, any_flags: bool) -> int:
    """Flags of the opener's next packet: mostly those whose turn it is."""
    if conversation.headers.protocol != TCP:
        return 0
    if dice.chance(0.65):
        flags = LIFE[conversation.stage % len(LIFE)]
        conversation.stage += 1
        return flags
    if any_flags and dice.chance(0.3):
        return dice.pick(SEEN_FLAGS) if dice.chance(0.5) else dice.below(256)
    return dice.pick(VALID_FLAGS)


def answering_flags(dice: Dice, flags: int, any_flags: bool) -> int:
    """Flags of an answer to a segment with these flags."""
    if any_flags and dice.chance(0.1):
        return dice.below(256)
    if flags & (SYN | ACK) == SYN:
        return dice.pick((SYN | ACK, SYN | ACK, SYN | ACK, RST | ACK, SYN))
    if flags & FIN:
        return dice.pick((ACK, FIN | ACK, FIN | ACK))
    return dice.pick((ACK, ACK, ACK, FIN | ACK, RST, SYN, SYN | ACK))
