"""From IPv6 to IPv4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from harness.frames.headers import Headers
from harness.frames.parse import parse_frame
from harness.shrink.rename import attempt_by_hash
from harness.shrink.search import Search
from harness.shrink.view import (
    operations_of,
    packets_of,
    with_headers,
    with_operations,
    with_packets,
)
from harness.step import Scenario
from model.domain.address import Address, Network
from model.domain.endpoint import Endpoint
from model.domain.flow import Entry, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveIdentity,
)
from model.domain.policy import CidrPeer, PolicyRule
from model.domain.protocol import ICMP, ICMPV6
from model.domain.service import Service

TYPES: Final = {128: (8, 0), 129: (0, 0), 1: (3, 1), 2: (3, 4), 3: (11, 0), 4: (12, 0)}
"""ICMPv6 types and the ICMP type and code that say the same (RFC 7915, section 5.2)."""

LONGEST: Final = 32
OTHER_BITS: Final = 4
"""An IPv4 prefix has a quarter of an IPv6 prefix's bits."""


def to_ipv4(search: Search) -> None:
    """Tell the story in IPv4, if any of it is in IPv6."""
    found = (parse_frame(packet.data) for packet in packets_of(search.scenario))
    if any(headers is not None and len(headers.source) == 16 for headers in found):
        attempt_by_hash(search, in_ipv4(search.scenario))


def in_ipv4(scenario: Scenario) -> Scenario:
    """The scenario with IPv4 addresses in place of all IPv6 ones."""
    known: dict[Address, Address] = {}
    for operation in operations_of(scenario):
        if isinstance(operation, PutEndpoint):
            pair = operation.endpoint
            if pair.ipv4 is not None and pair.ipv6 is not None:
                known[pair.ipv6] = pair.ipv4

    def address(old: Address) -> Address:
        if len(old) == 4:
            return old
        return known.setdefault(old, bytes((10, 9)) + (len(known) + 1).to_bytes(2, "big"))

    def packets(headers: Headers) -> Headers:
        return headers_in_ipv4(headers, address)

    moved = with_packets(scenario, lambda packet: with_headers(packet, packets))
    return with_operations(moved, lambda operation: operation_in_ipv4(operation, address))


def headers_in_ipv4(headers: Headers, address: Callable[[Address], Address]) -> Headers:
    """Headers in IPv4, those of a quoted packet too."""
    kind, code, protocol = headers.icmp_type, headers.icmp_code, headers.protocol
    if protocol == ICMPV6:
        protocol = ICMP
        kind, code = TYPES.get(kind, (kind, code))
    return replace(
        headers,
        source=address(headers.source),
        destination=address(headers.destination),
        protocol=protocol,
        icmp_type=kind,
        icmp_code=code,
        extensions=(),
        quote=None if headers.quote is None else headers_in_ipv4(headers.quote, address),
    )


def operation_in_ipv4(
    operation: Operation, address: Callable[[Address], Address]
) -> Operation | None:
    """An operation about IPv4 addresses."""
    match operation:
        case PutEndpoint(endpoint):
            return PutEndpoint(endpoint_in_ipv4(endpoint, address))
        case PutIdentity(prefix):
            return PutIdentity(replace(prefix, network=network_in_ipv4(prefix.network, address)))
        case RemoveIdentity(network):
            return RemoveIdentity(network_in_ipv4(network, address))
        case PutService(service):
            return PutService(service_in_ipv4(service, address))
        case PutRule(rule):
            return PutRule(rule_in_ipv4(rule, address))
        case PutEntry(key):
            ends = address(key.endpoint_address), address(key.peer_address)
            other = key._replace(endpoint_address=ends[0], peer_address=ends[1])
            return PutEntry(other, entry_in_ipv4(operation.entry, address))
    return operation


def endpoint_in_ipv4(endpoint: Endpoint, address: Callable[[Address], Address]) -> Endpoint:
    """An endpoint with an IPv4 address alone."""
    old = endpoint.ipv6 or endpoint.ipv4
    return replace(endpoint, ipv4=None if old is None else address(old), ipv6=None)


def network_in_ipv4(network: Network, address: Callable[[Address], Address]) -> Network:
    """An IPv4 prefix; a single address stays one."""
    if len(network.address) == 4:
        return network
    if network.length == 8 * len(network.address):
        return Network(address(network.address), LONGEST)
    length = network.length // OTHER_BITS
    number = int.from_bytes(address(network.address), "big") >> LONGEST - length
    return Network((number << LONGEST - length).to_bytes(4, "big"), length)


def entry_in_ipv4(entry: Entry, address: Callable[[Address], Address]) -> Entry:
    """An entry whose service has an IPv4 address."""
    if isinstance(entry, Selection) or not entry.service_address:
        return entry
    return replace(entry, service_address=address(entry.service_address))


def service_in_ipv4(service: Service, address: Callable[[Address], Address]) -> Service:
    """A service with IPv4 frontends and backends, each once."""
    frontends = tuple(
        dict.fromkeys(
            replace(one, key=one.key._replace(address=address(one.key.address)))
            for one in service.frontends
        )
    )
    backends = tuple(replace(one, address=address(one.address)) for one in service.backends)
    return replace(service, frontends=frontends, backends=backends)


def rule_in_ipv4(rule: PolicyRule, address: Callable[[Address], Address]) -> PolicyRule:
    """A rule about IPv4."""
    protocol, ports, peer = rule.protocol, rule.ports, rule.peer
    if protocol == ICMPV6:
        protocol, ports = ICMP, None
    if isinstance(peer, CidrPeer):
        exceptions = tuple(network_in_ipv4(one, address) for one in peer.exceptions)
        peer = CidrPeer(network_in_ipv4(peer.network, address), exceptions)
    return replace(rule, protocol=protocol, ports=ports, peer=peer)
