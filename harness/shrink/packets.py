"""Makes packets plain: no payload, options, fragments or metadata that the divergence can spare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.frames.build import build_frame
from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.odd import make_less_odd
from harness.shrink.search import Search
from harness.shrink.view import with_headers, with_packets
from harness.step import PacketStep, Scenario
from model.domain.packet import DEFAULT_CONTEXT, Packet
from model.domain.protocol import TCP

PLAIN_FLAGS: Final = (0x02, 0x10, 0x12, 0x11, 0x04)
"""SYN, ACK, SYN-ACK, FIN-ACK, RST: TCP flags, the simplest first."""

LATER_FLAGS: Final = 0x10
"""A later fragment changes no TCP state (FRAG-1b); neither does an ACK."""

ECHO_TYPES: Final = (0, 8, 128, 129)
"""ICMP messages with an identifier; others have something else in its place."""

PLAIN_EXTENSION: Final = 60
"""Destination options stand for any other extension header."""


def simplify_packets(search: Search) -> None:
    """All packets at their plainest at once; then each as plain as it can be by itself."""
    search.attempt(unfragmented(search.scenario))
    if not search.attempt(with_packets(search.scenario, plainest)):
        search.attempt(with_packets(search.scenario, plain))
    for index in range(len(search.steps)):
        simplify_packet(search, index)


def simplify_packet(search: Search, index: int) -> None:
    """One packet: one thing simpler after the other, until nothing can be spared."""
    while index < len(search.steps) and isinstance(step := search.steps[index], PacketStep):
        if not any(search.attempt_packet(index, other) for other in simpler_packets(step.packet)):
            break
    if index < len(search.steps) and isinstance(step := search.steps[index], PacketStep):
        shorten_payload(search, index, step.packet)
        make_less_odd(search, index)


def plain(packet: Packet) -> Packet:
    """The plain frame of the packet's headers; one that is no IP packet stays."""
    headers = parse_frame(packet.data)
    return packet if headers is None else built(packet, headers)


def plainest(packet: Packet) -> Packet:
    """The plain frame without payload and extension headers, default metadata with it."""
    headers = parse_frame(packet.data)
    if headers is not None:
        packet = built(packet, bare(headers))
    return packet._replace(context=DEFAULT_CONTEXT)


def unfragmented(scenario: Scenario) -> Scenario:
    """The scenario with whole packets for fragments, later ones with the ports of their first."""
    firsts: dict[int, Headers] = {}

    def whole(headers: Headers) -> Headers:
        fragment = headers.fragment
        if fragment is None:
            return headers
        if not fragment.offset:
            firsts[fragment.identification] = headers
        known = firsts.get(fragment.identification, headers)
        flags = LATER_FLAGS if fragment.offset and headers.protocol == TCP else known.tcp_flags
        return replace(
            headers,
            fragment=None,
            source_port=known.source_port,
            destination_port=known.destination_port,
            icmp_type=known.icmp_type,
            identifier=known.identifier,
            tcp_flags=flags,
        )

    return with_packets(scenario, lambda packet: with_headers(packet, whole))


def bare(headers: Headers) -> Headers:
    """Headers without payload and extension headers, of a quoted packet too."""
    quote = None if headers.quote is None else bare(headers.quote)
    payload = 8 if headers.is_later_fragment else 0
    return replace(headers, payload=payload, extensions=(), quote=quote)


def built(packet: Packet, headers: Headers) -> Packet:
    """The packet with the plain frame of headers."""
    return packet._replace(data=build_frame(headers, packet.hook, packet.interface))


def simpler_packets(packet: Packet) -> Iterator[Packet]:
    """Packets that are simpler in one thing or several, the simplest first; never the same one."""
    headers = parse_frame(packet.data)
    candidates = [packet._replace(context=DEFAULT_CONTEXT)]
    if headers is not None:
        candidates += [built(packet, other) for other in simpler_headers(headers)]
        candidates.append(built(packet, headers))
    yield from (other for other in candidates if other != packet)


def simpler_headers(headers: Headers) -> Iterator[Headers]:
    """Headers that say less."""
    yield bare(replace(headers, fragment=None))
    yield bare(headers)
    if headers.fragment is not None:
        yield from simpler_fragments(headers)
    for index, kind in enumerate(headers.extensions):
        before, after = headers.extensions[:index], headers.extensions[index + 1 :]
        yield replace(headers, extensions=(*before, *after))
        if kind != PLAIN_EXTENSION:
            yield replace(headers, extensions=(*before, PLAIN_EXTENSION, *after))
    if headers.protocol == TCP and not headers.is_later_fragment:
        yield from simpler_flags(headers)
    if headers.icmp_code:
        yield replace(headers, icmp_code=0)
    if headers.identifier and headers.icmp_type not in ECHO_TYPES:
        yield replace(headers, identifier=0)
    if headers.quote is not None:
        for quote in simpler_headers(headers.quote):
            yield replace(headers, quote=quote)


def simpler_fragments(headers: Headers) -> Iterator[Headers]:
    """A fragment at a plainer place: the last one, right behind a first one of 24 bytes."""
    fragment = headers.fragment
    if fragment is None:
        return
    yield replace(headers, fragment=None)
    if fragment.offset and (fragment.offset, fragment.more) != (3, False):
        yield replace(headers, fragment=replace(fragment, offset=3, more=False))
    if fragment.offset and fragment.more:
        yield replace(headers, fragment=replace(fragment, more=False))


def simpler_flags(headers: Headers) -> Iterator[Headers]:
    """Plainer TCP flags."""
    flags = headers.tcp_flags
    known = PLAIN_FLAGS.index(flags) if flags in PLAIN_FLAGS else len(PLAIN_FLAGS)
    for other in PLAIN_FLAGS[:known]:
        yield replace(headers, tcp_flags=other)


def shorten_payload(search: Search, index: int, packet: Packet) -> None:
    """The least number of payload bytes, by halves."""
    headers = parse_frame(packet.data)
    if headers is None or built(packet, headers) != packet:
        return
    low, high = -1, headers.payload
    while high - low > 1:
        middle = (low + high) // 2
        if search.attempt_packet(index, built(packet, replace(headers, payload=middle))):
            high = middle
        else:
            low = middle
