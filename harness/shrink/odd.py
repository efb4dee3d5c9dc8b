"""Frames that are not plain: as few odd bytes as the divergence needs."""

from __future__ import annotations

from typing import Final

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.frames.parse import IPV6_TYPE, parse_frame
from harness.shrink.search import Search
from harness.step import PacketStep
from model.domain.event import Hook
from model.domain.packet import Packet
from model.domain.protocol import UDP

LENGTHS: Final = (14, 34, 42, 54, 62, 74)
"""Frames that end with a header."""

ENDS: Final = {
    4: (bytes((10, 0, 0, 1)), bytes((10, 0, 2, 1))),
    6: (b"\xfd" + bytes(14) + b"\1", b"\xfd" + bytes(4) + b"\2" + bytes(9) + b"\1"),
}


def make_less_odd(search: Search, index: int) -> None:
    """Cut a frame that is no packet; then make bytes plain, half of the odd ones at a time."""
    step = search.steps[index]
    if not isinstance(step, PacketStep):
        return
    if parse_frame(step.packet.data) is None:
        for length in LENGTHS:
            cut = step.packet._replace(data=step.packet.data[:length])
            if length < len(step.packet.data) and search.attempt_packet(index, cut):
                step = PacketStep(cut)
                break
    target = plain_frame(step.packet)
    if target is not None and target != step.packet.data:
        approach(search, index, target)


def approach(search: Search, index: int, target: bytes) -> None:
    """Give a frame the bytes of another one of its length, as many as the divergence allows."""
    step = search.steps[index]
    assert isinstance(step, PacketStep)  # noqa: S101 - for the type checker; the caller knows
    size = len(odd_bytes(step.packet.data, target))
    while size:
        for begin in range(0, len(odd_bytes(step.packet.data, target)), size):
            chosen = odd_bytes(step.packet.data, target)[begin : begin + size]
            frame = bytearray(step.packet.data)
            for place in chosen:
                frame[place] = target[place]
            other = step.packet._replace(data=bytes(frame))
            if chosen and search.attempt_packet(index, other):
                step = PacketStep(other)
        size //= 2


def odd_bytes(frame: bytes, target: bytes) -> list[int]:
    """Where two frames of one length differ."""
    return [place for place, byte in enumerate(frame) if byte != target[place]]


def plain_frame(packet: Packet) -> bytes | None:
    """The plain frame of the same headers and length, or for what has none of a UDP packet's."""
    headers = parse_frame(packet.data)
    if headers is None:
        family = 6 if packet.data[12:14] == IPV6_TYPE else 4
        own, other = ENDS[family]
        leaving = packet.hook is Hook.FROM_CONTAINER
        ends = (own, other) if leaving else (other, own)
        headers = Headers(*ends, UDP, 40000, 80)
        built = build_frame(headers, packet.hook, packet.interface)
        return (built + bytes(len(packet.data)))[: len(packet.data)]
    built = build_frame(headers, packet.hook, packet.interface)
    return built if len(built) == len(packet.data) else None
