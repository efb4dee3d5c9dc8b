"""Cases of packets that are dropped: one for each reason that the same packet can have again.

Left out: *conntrack create failed* and *rewrite failed*, which no packet brings about by itself,
and *policy revoked*, which removes what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.bench import frames
from harness.bench.addresses import BACKENDS, INTERFACE, UNKNOWN_INTERFACE
from harness.bench.case import QUIET, Case
from harness.bench.topology import (
    BACKEND_PORT,
    DENIED_PORT,
    DNS_PORT,
    EMPTY_SERVICE,
    SERVICE_PORT,
    SINGLE_SERVICE,
)
from harness.bench.traffic import CLIENT_PORT, Traffic
from model.domain.address import Family
from model.domain.configuration import NoBackendAction
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import PutEntry
from model.domain.packet import Packet
from model.domain.protocol import TCP
from model.domain.reason import Reason

STRICT: Final = replace(QUIET, pick_up_mid_stream=False)
REJECTING: Final = replace(QUIET, no_backend=NoBackendAction.REJECT, rejects_per_second=0)
FOR_EVER: Final = 1 << 62
OTHER_PORT: Final = CLIENT_PORT + 1
"""Client port of the cases whose flows would disturb others."""

UNTRANSLATABLE_PORT: Final = CLIENT_PORT + 2
EXTENSION_HEADERS: Final = 7
"""One more than may be there (PKT-3)."""


def drops(traffic: Traffic) -> Iterator[Case]:
    """Every case of one family, in the order of the reasons."""
    yield from malformed(traffic)
    yield from out_of_place(traffic)
    yield from of_services(traffic)
    yield from of_flows(traffic)
    yield from of_fragments(traffic)


def malformed(traffic: Traffic) -> Iterator[Case]:
    """What ends while parsing."""
    data = bytearray(traffic.direct("A").data)
    family, layer_4 = traffic.addresses.family, frames.layer_4(traffic.addresses)
    yield drop(traffic, Reason.UNKNOWN_L3, changed(data, 12, b"\x88\xcc"))
    yield drop(traffic, Reason.INVALID_HEADER, changed(data, 14, b"\x15"))
    if family is Family.IPV6:
        yield drop(traffic, Reason.INVALID_EXTENSION_HEADER, too_many_headers(traffic))
    yield drop(traffic, Reason.INVALID_L4_HEADER, changed(data, layer_4 + 12, b"\x40"))
    yield drop(traffic, Reason.INVALID_TCP_FLAGS, changed(data, layer_4 + 13, b"\x03"))


def out_of_place(traffic: Traffic) -> Iterator[Case]:
    """What does not belong to the pod."""
    packet = traffic.direct("A")
    elsewhere = packet._replace(interface=UNKNOWN_INTERFACE)
    yield Case(
        "drop-unknown-endpoint", traffic.addresses.family, elsewhere, Reason.UNKNOWN_ENDPOINT
    )
    address = frames.source_word(traffic.addresses)
    yield drop(traffic, Reason.INVALID_SOURCE, changed(packet.data, address, bytes(4)))


def of_services(traffic: Traffic) -> Iterator[Case]:
    """What the load balancer cannot place."""
    addresses, leave = traffic.addresses, traffic.leave
    no_port = leave(addresses.service(), frames.tcp(OTHER_PORT, DENIED_PORT, "S"))
    yield drop(traffic, Reason.NO_SERVICE, no_port.data)
    no_backend = leave(addresses.service(EMPTY_SERVICE), frames.tcp(OTHER_PORT, SERVICE_PORT, "S"))
    yield drop(traffic, Reason.NO_BACKEND, no_backend.data)
    association = leave(addresses.service(), frames.sctp(OTHER_PORT, SERVICE_PORT))
    yield drop(traffic, Reason.UNSUPPORTED, association.data)
    datagram = leave(addresses.service(EMPTY_SERVICE), frames.udp(OTHER_PORT, DNS_PORT))
    family = addresses.family
    for name, packet in (("reset", no_backend), ("unreachable", datagram)):
        yield Case(f"reject-{name}", family, packet, Reason.REJECTED, configuration=REJECTING)


def of_flows(traffic: Traffic) -> Iterator[Case]:
    """What conntrack, translation and policy say no to."""
    addresses = traffic.addresses
    mid_stream = traffic.leave(addresses.remote(), frames.tcp(OTHER_PORT, BACKEND_PORT, "A"))
    case = drop(traffic, Reason.MID_STREAM, mid_stream.data)
    yield replace(case, configuration=STRICT)
    yield untranslatable(traffic)
    clash = traffic.leave(
        addresses.service(SINGLE_SERVICE + 1), frames.tcp(OTHER_PORT, SERVICE_PORT, "S")
    )
    direct = tuple(
        traffic.leave(addresses.backend(number), frames.tcp(OTHER_PORT, BACKEND_PORT, "S"))
        for number in range(BACKENDS, 2 * BACKENDS)
    )
    yield replace(drop(traffic, Reason.TUPLE_CLASH, clash.data), opening=direct)
    denied = traffic.leave(addresses.remote(), frames.tcp(OTHER_PORT, DENIED_PORT, "S"))
    yield drop(traffic, Reason.POLICY_DENIED, denied.data)
    knock = traffic.enter(addresses.remote(), frames.tcp(OTHER_PORT, DENIED_PORT, "S"))
    yield Case("drop-policy-denied-ingress", addresses.family, knock, Reason.POLICY_DENIED)


def of_fragments(traffic: Traffic) -> Iterator[Case]:
    """A later fragment without its first, and one that lies over a TCP header."""
    addresses = traffic.addresses
    alone = frames.fragment(addresses, addresses.pod, addresses.remote(1), frames.DATA, 64)
    yield drop(traffic, Reason.FRAGMENT_NOT_FOUND, alone)
    over = frames.fragment(addresses, addresses.pod, addresses.remote(), frames.DATA, 8, TCP)
    yield drop(traffic, Reason.INVALID_FRAGMENT, over)


def untranslatable(traffic: Traffic) -> Case:
    """A load-balanced flow that has lost its service (NAT-3)."""
    addresses = traffic.addresses
    answer = frames.tcp(BACKEND_PORT, UNTRANSLATABLE_PORT, "A")
    ends = addresses.pod, addresses.backend()
    key = FlowKey(*ends, UNTRANSLATABLE_PORT, BACKEND_PORT, TCP, Opener.ENDPOINT)
    return Case(
        "drop-no-translation-data",
        addresses.family,
        traffic.enter(addresses.backend(), answer),
        Reason.NO_TRANSLATION_DATA,
        planted=(PutEntry(key, Flow(FOR_EVER, load_balanced=True)),),
    )


def too_many_headers(traffic: Traffic) -> bytes:
    """Destination options one behind the other, up to one too many."""
    addresses = traffic.addresses
    return frames.with_options(addresses, addresses.pod, addresses.remote(), EXTENSION_HEADERS)


def drop(traffic: Traffic, reason: Reason, data: bytes) -> Case:
    """What leaves the pod and goes no further."""
    name = reason.name.lower().replace("_", "-")
    packet = Packet(Hook.FROM_CONTAINER, INTERFACE, data)
    return Case(f"drop-{name}", traffic.addresses.family, packet, reason)


def changed(data: bytes | bytearray, offset: int, by: bytes) -> bytes:
    """A frame with some bytes replaced."""
    return bytes(data[:offset]) + by + bytes(data[offset + len(by) :])
