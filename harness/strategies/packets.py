"""Packets: plain ones, aimed at who is there, and fragments, errors and options among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import strategies as st

from harness.frames.build import build_frame
from harness.frames.headers import FragmentFields, Headers
from harness.strategies.cast import (
    ICMP_OF,
    PEER_PORTS,
    POD_PORTS,
    TRACKED,
    far_ends,
    pod_address,
    pods,
)
from model.domain.address import Address, Family
from model.domain.event import Hook
from model.domain.operation import Operation
from model.domain.packet import Packet
from model.domain.protocol import TCP, UDP

FLAGS: Final = (0x02, 0x10, 0x12, 0x11, 0x04, 0x14, 0x18)
"""SYN, ACK, SYN-ACK, FIN-ACK, RST, RST-ACK, PSH-ACK."""

ECHO_TYPES: Final = {Family.IPV4: (8, 0), Family.IPV6: (128, 129)}
ERROR_TYPES: Final = {Family.IPV4: (3, 11, 12), Family.IPV6: (1, 2, 3, 4)}
Ends = tuple[tuple[Address, int], tuple[Address, int]]


@st.composite
def headers(draw: st.DrawFn, ends: Ends, protocol: int = UDP) -> Headers:
    """What a packet from one end to the other may say, in a protocol more often than in others.

    Shrinks to a packet with ports and without payload.
    """
    (source, source_port), (destination, destination_port) = ends
    plain = Headers(source, destination, protocol, source_port, destination_port)
    kind = draw(st.sampled_from(("ports", "ports", "ports", "fragment", "echo", "error", "other")))
    if kind == "echo":
        types = ECHO_TYPES[plain.family]
        return Headers(
            source,
            destination,
            ICMP_OF[plain.family],
            icmp_type=draw(st.sampled_from(types)),
            identifier=draw(st.sampled_from((1, 2))),
        )
    if kind == "error":
        quote = draw(ported(replace(plain, source=destination, destination=source)))
        quote = replace(
            quote, source_port=destination_port, destination_port=source_port, payload=0
        )
        icmp_type = draw(st.sampled_from(ERROR_TYPES[plain.family]))
        icmp = ICMP_OF[plain.family]
        return Headers(source, destination, icmp, icmp_type=icmp_type, quote=quote)
    if kind == "other":
        return Headers(source, destination, draw(st.sampled_from((47, 50, 132))), payload=12)
    found = draw(ported(plain))
    if kind == "fragment":
        place = draw(st.sampled_from(((0, True), (3, False), (3, True))))
        identification = draw(st.sampled_from((1, 2)))
        found = replace(found, fragment=FragmentFields(identification, *place), payload=8)
    return found


@st.composite
def ported(draw: st.DrawFn, plain: Headers) -> Headers:
    """TCP, UDP or SCTP, mostly what it was, with some payload."""
    protocol = draw(st.sampled_from((plain.protocol, plain.protocol, *TRACKED)))
    flags = draw(st.sampled_from(FLAGS)) if protocol == TCP else 0
    payload = draw(st.sampled_from((0, 0, 1, 8)))
    return replace(plain, protocol=protocol, tcp_flags=flags, payload=payload)


@st.composite
def packets(draw: st.DrawFn, topology: tuple[Operation, ...] = ()) -> Packet:
    """Packets at the hooks of a topology's pods, to and from whoever is there.

    Without a pod of the family, those of one that is not there.
    """
    family = draw(st.sampled_from(Family))
    interface, own = draw(st.sampled_from(pods(topology, family) or [(10, pod_address(family, 1))]))
    hook = draw(st.sampled_from(Hook))
    near = own, draw(st.sampled_from(POD_PORTS))
    address, port, protocol = draw(st.sampled_from(far_ends(topology, family)))
    far = address, draw(st.sampled_from((port, *PEER_PORTS)))
    ends = (near, far) if hook is Hook.FROM_CONTAINER else (far, near)
    found = draw(headers(ends, protocol))
    return Packet(hook, interface, build_frame(found, hook, interface))


def frames(topology: tuple[Operation, ...] = ()) -> st.SearchStrategy[bytes]:
    """Frames of such packets, some of them damaged: cut, or with other bytes."""
    whole = packets(topology).map(lambda packet: packet.data)

    def damaged(frame: bytes, at: int, byte: int, length: int) -> bytes:
        place = at % len(frame)
        changed = frame[:place] + bytes((byte,)) + frame[place + 1 :]
        return changed[: max(14, len(frame) - length)]

    octets = st.integers(0, 255)
    return whole | st.builds(damaged, whole, octets, octets, st.sampled_from((0, 0, 1, 20)))
