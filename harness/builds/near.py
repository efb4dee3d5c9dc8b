"""Which entries a packet is likely to touch, by its headers before and after the datapath."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from model.domain.event import Hook
from model.domain.flow import FlowKey, Opener
from model.domain.protocol import icmp_port

ECHO_REQUESTS: Final = {0: 8, 8: 8, 128: 128, 129: 128}
"""The request that an ICMP type belongs to (CT-8)."""


def keys_near(hook: Hook, *frames: bytes) -> list[FlowKey]:
    """Conntrack keys of the frames' tuples, under either opener, each once."""
    keys: dict[FlowKey, None] = {}
    for frame in dict.fromkeys(frames):
        headers = parse_frame(frame)
        if headers is not None and not headers.is_later_fragment:
            keys |= dict.fromkeys(keys_of(headers, hook))
    return list(keys)


def keys_of(headers: Headers, hook: Hook) -> Iterator[FlowKey]:
    """The keys of one tuple; the pod is the source of what leaves it (CT-1)."""
    own = headers.source, headers.source_port
    peer = headers.destination, headers.destination_port
    if hook is Hook.TO_CONTAINER:
        own, peer = peer, own
    ports = own[1], peer[1]
    if headers.is_icmp:
        request = ECHO_REQUESTS.get(headers.icmp_type)
        if request is None:
            return
        ports = headers.identifier, icmp_port(request, 0)
    for opener in Opener:
        yield FlowKey(own[0], peer[0], *ports, headers.protocol, opener)
