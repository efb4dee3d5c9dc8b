"""The same story told plainer: in IPv4, in UDP, without a service, from the pod's side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.names import FIRST_PORT
from harness.shrink.rename import attempt_by_hash
from harness.shrink.search import Search
from harness.shrink.view import (
    at_interface,
    operations_of,
    packets_of,
    with_headers,
    with_operations,
    with_packets,
)
from harness.step import Scenario
from model.domain.address import Address
from model.domain.endpoint import Direction
from model.domain.event import Hook
from model.domain.flow import Flow, FlowKey, Opener
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveService,
)
from model.domain.packet import Packet
from model.domain.protocol import ICMP, ICMPV6, PORT_PROTOCOLS, SCTP, TCP, UDP

PEER: Final = {4: bytes((10, 0, 2, 1)), 16: b"\xfd" + bytes(4) + b"\2" + bytes(9) + b"\1"}
PEER_PORT: Final = 80
SIMPLER: Final = {SCTP: (UDP, TCP)}
"""Protocols that are simpler than others; UDP is the simplest."""


def retell(search: Search) -> None:
    """Try each of the simpler ways to tell the story."""
    for way in (without_services, from_the_pod, of_one_packet):
        other = way(search.scenario)
        if other is not None:
            search.attempt(other)
    for protocol in sorted(protocols_of(search.scenario)):
        for other_protocol in SIMPLER.get(protocol, (UDP,)):
            attempt_by_hash(search, in_protocol(search.scenario, protocol, other_protocol))


def protocols_of(scenario: Scenario) -> set[int]:
    """The protocols of the scenario's packets, but for the simplest."""
    found = (parse_frame(packet.data) for packet in packets_of(scenario))
    return {headers.protocol for headers in found if headers is not None} - {UDP}


def without_services(scenario: Scenario) -> Scenario | None:
    """Frontends and backends become one peer that the pod talks to; None without services."""
    ends: dict[tuple[Address, int], tuple[Address, int]] = {}
    for operation in operations_of(scenario):
        if isinstance(operation, PutService):
            keys = [(one.key.address, one.key.port) for one in operation.service.frontends]
            keys += [(one.address, one.port) for one in operation.service.backends]
            ends |= {(address, port): (PEER[len(address)], PEER_PORT) for address, port in keys}
    if not ends:
        return None

    def direct(headers: Headers) -> Headers:
        source = headers.source, headers.source_port
        destination = headers.destination, headers.destination_port
        return with_ends(headers, ends.get(source, source), ends.get(destination, destination))

    bare = with_operations(
        scenario, lambda one: None if isinstance(one, PutService | RemoveService) else one
    )
    return with_packets(bare, lambda packet: with_headers(packet, direct))


def of_one_packet(scenario: Scenario) -> Scenario | None:
    """The first packet again and again, to a peer without services; None where it is so."""
    bare = without_services(scenario) or scenario
    first = next(packets_of(bare), None)
    if first is None or first.hook is Hook.TO_CONTAINER:
        return None
    return with_packets(bare, lambda _: first)


def with_ends(
    headers: Headers, source: tuple[Address, int], destination: tuple[Address, int]
) -> Headers:
    """Headers between other ends."""
    return replace(
        headers,
        source=source[0],
        source_port=source[1],
        destination=destination[0],
        destination_port=destination[1],
    )


def from_the_pod(scenario: Scenario) -> Scenario | None:
    """Every packet the other way; None where the first one leaves the pod already."""
    first = next(iter(packets_of(scenario)), None)
    if first is None or first.hook is Hook.FROM_CONTAINER:
        return None
    return with_operations(with_packets(scenario, turned_packet), turned_operation)


def turned_packet(packet: Packet) -> Packet:
    """A packet the other way through the other hook."""
    hook = Hook.TO_CONTAINER if packet.hook is Hook.FROM_CONTAINER else Hook.FROM_CONTAINER
    return at_interface(with_headers(packet, turned), hook, packet.interface)


def turned(headers: Headers) -> Headers:
    """Headers of a packet the other way; what it quotes is turned too."""
    source = headers.source, headers.source_port
    destination = headers.destination, headers.destination_port
    quote = None if headers.quote is None else turned(headers.quote)
    return replace(with_ends(headers, destination, source), quote=quote)


def turned_operation(operation: Operation) -> Operation:
    """What allows or denies the one direction does so for the other."""
    match operation:
        case PutRule(rule):
            return PutRule(replace(rule, direction=Direction(1 - rule.direction)))
        case PutEndpoint(endpoint):
            isolated = frozenset(Direction(1 - one) for one in endpoint.isolated)
            return PutEndpoint(replace(endpoint, isolated=isolated))
        case PutEntry(key, Flow(load_balanced=False) as flow):
            return PutEntry(key._replace(opener=Opener(1 - key.opener)), flow)
    return operation


def in_protocol(scenario: Scenario, old: int, new: int) -> Scenario:
    """One protocol's packets, rules and frontends in another one, with ports for echoes."""
    change: Callable[[Headers], Headers] = lambda headers: headers  # noqa: E731 - one of three
    if old in (ICMP, ICMPV6):
        change = with_ports
    elif old not in PORT_PROTOCOLS:
        change = with_plain_ports

    def packet(one: Packet) -> Packet:
        return with_headers(one, lambda headers: changed(headers, old, new, change))

    return with_operations(with_packets(scenario, packet), lambda one: operation_in(one, old, new))


def changed(headers: Headers, old: int, new: int, change: Callable[[Headers], Headers]) -> Headers:
    """Headers in another protocol."""
    if headers.protocol != old or headers.quote is not None:
        quote = headers.quote
        other = None if quote is None else changed(quote, old, new, change)
        return replace(headers, quote=other)
    flags = 0x02 if new == TCP else 0
    return replace(change(headers), protocol=new, tcp_flags=flags)


def with_ports(headers: Headers) -> Headers:
    """An echo's identifier as the client's port."""
    client, is_request = headers.identifier or 1, headers.icmp_type in (8, 128)
    ports = (client, PEER_PORT) if is_request else (PEER_PORT, client)
    return replace(
        headers,
        icmp_type=0,
        icmp_code=0,
        identifier=0,
        source_port=ports[0],
        destination_port=ports[1],
    )


def with_plain_ports(headers: Headers) -> Headers:
    """Ports for a protocol that has none: the client is at the lower address of the two."""
    is_request = headers.source < headers.destination
    ports = (FIRST_PORT["client"], PEER_PORT) if is_request else (PEER_PORT, FIRST_PORT["client"])
    return replace(headers, source_port=ports[0], destination_port=ports[1])


def operation_in(operation: Operation, old: int, new: int) -> Operation:
    """An operation about another protocol."""
    match operation:
        case PutRule(rule) if rule.protocol == old:
            ports = rule.ports if old in PORT_PROTOCOLS else None
            return PutRule(replace(rule, protocol=new, ports=ports))
        case PutService(service):
            frontends = tuple(
                replace(one, key=one.key._replace(protocol=new)) if one.key.protocol == old else one
                for one in service.frontends
            )
            return PutService(replace(service, frontends=frontends))
        case PutEntry(FlowKey(protocol=protocol) as key, entry) if protocol == old:
            return PutEntry(key._replace(protocol=new), entry)
        case PutIdentity():
            return operation
    return operation
