"""Makes packets alike: the same one again, or at least the same way."""

from __future__ import annotations

from dataclasses import replace

from harness.frames.build import build_frame
from harness.frames.parse import parse_frame
from harness.shrink.flows import turned_packet
from harness.shrink.packets import PLAIN_FLAGS
from harness.shrink.search import Search
from harness.shrink.view import with_headers
from harness.step import PacketStep
from model.domain.event import Hook
from model.domain.packet import Packet
from model.domain.protocol import TCP

Weight = tuple[int, ...]


def repeat_packets(search: Search) -> None:
    """Put an earlier packet in the place of a later one; else let it leave the pod."""
    for index, step in enumerate(search.steps):
        if not isinstance(step, PacketStep) or try_earlier(search, index, step.packet):
            continue
        if step.packet.hook is Hook.TO_CONTAINER:
            search.attempt_packet(index, turned_packet(step.packet))
    tell_in_flags(search)


def tell_in_flags(search: Search) -> None:
    """A TCP story by its first and last packet: a SYN, then the plainest flags that do."""
    places = [at for at, step in enumerate(search.steps) if isinstance(step, PacketStep)]
    packets = [step.packet for step in search.steps if isinstance(step, PacketStep)]
    if len(places) < 2:
        return
    first = with_flags(packets[0], PLAIN_FLAGS[0])
    for flags in PLAIN_FLAGS:
        told = [first, *packets[1:-1], with_flags(first, flags)]
        if [weight(one) for one in told] >= [weight(one) for one in packets]:
            return
        steps = list(search.steps)
        for place, packet in zip(places, told, strict=True):
            steps[place] = PacketStep(packet)
        if search.attempt_steps(tuple(steps)):
            return


def with_flags(packet: Packet, flags: int) -> Packet:
    """A TCP packet with other flags; others as they are."""
    return with_headers(
        packet,
        lambda headers: replace(headers, tcp_flags=flags) if headers.protocol == TCP else headers,
    )


def try_earlier(search: Search, index: int, packet: Packet) -> bool:
    """Whether an earlier packet that is no heavier does instead."""
    earlier = [step.packet for step in search.steps[:index] if isinstance(step, PacketStep)]
    alike = [one for old in earlier for one in (old, same_flow(old, packet))]
    lighter = [one for one in dict.fromkeys(alike) if weight(one) <= weight(packet)]
    return packet in alike or any(search.attempt_packet(index, one) for one in lighter)


def same_flow(earlier: Packet, packet: Packet) -> Packet:
    """A packet of an earlier one's flow and way, with its own TCP flags and payload."""
    own = parse_frame(packet.data)
    if own is None or own.is_later_fragment:
        return earlier
    return with_headers(
        earlier,
        lambda headers: (
            replace(headers, tcp_flags=own.tcp_flags, payload=own.payload)
            if headers.protocol == own.protocol
            else headers
        ),
    )


def weight(packet: Packet) -> Weight:
    """How far a packet is from the plainest, the weightiest thing first."""
    headers = parse_frame(packet.data)
    if headers is None:
        return (1, len(packet.data))
    odd = build_frame(headers, packet.hook, packet.interface) != packet.data
    flags = 0
    if headers.protocol == TCP:
        known = headers.tcp_flags in PLAIN_FLAGS
        flags = PLAIN_FLAGS.index(headers.tcp_flags) if known else len(PLAIN_FLAGS)
    return (
        0,
        int(odd),
        int(headers.quote is not None),
        int(headers.fragment is not None),
        len(headers.extensions),
        int(packet.hook),
        headers.payload,
        flags,
    )
