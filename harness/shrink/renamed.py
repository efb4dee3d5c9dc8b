"""Packets and operations under other names."""

from __future__ import annotations

from dataclasses import replace

from harness.frames.headers import Headers
from harness.shrink.names import Names
from harness.shrink.view import at_interface, with_headers
from model.domain.address import Address, Network
from model.domain.endpoint import Endpoint
from model.domain.flow import Entry, Flow, FlowKey, Selection
from model.domain.operation import (
    Operation,
    PutEndpoint,
    PutEntry,
    PutIdentity,
    PutRule,
    PutService,
    RemoveEndpoint,
    RemoveEntry,
    RemoveIdentity,
    RemoveRule,
    RemoveService,
)
from model.domain.packet import Packet
from model.domain.policy import CidrPeer, IdentityPeer, Peer, PolicyRule, PortRange
from model.domain.service import DEFAULT_MAGLEV_SIZE, Service


def renamed_packet(packet: Packet, names: Names) -> Packet:
    """A packet under other names."""
    moved = at_interface(packet, packet.hook, names.number("interface", packet.interface))
    return with_headers(moved, lambda headers: renamed_headers(headers, names))


def renamed_headers(headers: Headers, names: Names) -> Headers:
    """Headers under other names, those of a quoted packet too."""
    fragment, quote = headers.fragment, headers.quote
    if fragment is not None:
        number = names.datagrams.get(fragment.identification, fragment.identification)
        fragment = replace(fragment, identification=number)
    ports = names.ports if headers.has_ports else {}
    return replace(
        headers,
        source=address_of(headers.source, names),
        destination=address_of(headers.destination, names),
        source_port=ports.get(headers.source_port, headers.source_port),
        destination_port=ports.get(headers.destination_port, headers.destination_port),
        identifier=names.ports.get(headers.identifier, headers.identifier),
        fragment=fragment,
        quote=None if quote is None else renamed_headers(quote, names),
    )


def renamed_operation(operation: Operation, names: Names) -> Operation:
    """An operation under other names."""
    match operation:
        case PutEndpoint(endpoint):
            return PutEndpoint(renamed_endpoint(endpoint, names))
        case PutIdentity(prefix):
            identity = names.number("identity", prefix.identity)
            network = renamed_network(prefix.network, names)
            return PutIdentity(replace(prefix, network=network, identity=identity))
        case PutService(service):
            return PutService(renamed_service(service, names))
        case PutRule(rule):
            return PutRule(renamed_rule(rule, names))
        case PutEntry(key, entry):
            return PutEntry(renamed_key(key, names), renamed_entry(entry, names))
    return renamed_removal(operation, names)


def renamed_removal(operation: Operation, names: Names) -> Operation:
    """An operation that removes something, under its other name; others as they are."""
    match operation:
        case RemoveEntry(key):
            return RemoveEntry(renamed_key(key, names))
        case RemoveIdentity(network):
            return RemoveIdentity(renamed_network(network, names))
        case RemoveEndpoint(number):
            return RemoveEndpoint(names.number("endpoint", number))
        case RemoveService(number):
            return RemoveService(names.number("service", number))
        case RemoveRule(number):
            return RemoveRule(names.number("rule", number))
    return operation


def renamed_endpoint(endpoint: Endpoint, names: Names) -> Endpoint:
    """An endpoint under other names."""
    number = names.number("endpoint", endpoint.identifier)
    renamed = number != endpoint.identifier or ("endpoint", number) in names.numbers
    return replace(
        endpoint,
        identifier=number,
        name=f"pod_{number}" if renamed else endpoint.name,
        interface=names.number("interface", endpoint.interface),
        identity=names.number("identity", endpoint.identity),
        ipv4=None if endpoint.ipv4 is None else address_of(endpoint.ipv4, names),
        ipv6=None if endpoint.ipv6 is None else address_of(endpoint.ipv6, names),
    )


def renamed_service(service: Service, names: Names) -> Service:
    """A service under other names, its backends by address."""
    number = names.number("service", service.identifier)
    renamed = number != service.identifier or ("service", number) in names.numbers
    frontends = tuple(
        replace(
            one,
            key=one.key._replace(
                address=address_of(one.key.address, names),
                port=names.ports.get(one.key.port, one.key.port),
            ),
        )
        for one in service.frontends
    )
    backends = tuple(
        replace(
            one,
            identifier=names.number("backend", one.identifier),
            address=address_of(one.address, names),
            port=names.ports.get(one.port, one.port),
        )
        for one in service.backends
    )
    name = f"service_{number}" if renamed else service.name
    return replace(
        service,
        identifier=number,
        name=name,
        frontends=frontends,
        backends=tuple(sorted(backends, key=lambda one: (one.address, one.port))),
        maglev_size=DEFAULT_MAGLEV_SIZE if names.plain_tables else service.maglev_size,
    )


def renamed_rule(rule: PolicyRule, names: Names) -> PolicyRule:
    """A rule under other names."""
    return replace(
        rule,
        identifier=names.number("rule", rule.identifier),
        endpoint=names.number("endpoint", rule.endpoint),
        peer=renamed_peer(rule.peer, names),
        ports=None if rule.ports is None else renamed_ports(rule.ports, names),
    )


def renamed_peer(peer: Peer, names: Names) -> Peer:
    """The peer of a rule under other names."""
    match peer:
        case IdentityPeer(identity):
            return IdentityPeer(names.number("identity", identity))
        case CidrPeer(network, exceptions):
            others = tuple(renamed_network(one, names) for one in exceptions)
            return CidrPeer(renamed_network(network, names), others)
    return peer


def renamed_ports(ports: PortRange, names: Names) -> PortRange:
    """A range moved by as much as the first port in it, or next to it, moves."""
    for port in sorted(names.ports):
        if ports.first - 1 <= port <= ports.last + 1:
            distance = names.ports[port] - port
            first, last = ports.first + distance, ports.last + distance
            return PortRange(max(first, 0), min(max(last, 0), 65535))
    return ports


def renamed_network(network: Network, names: Names) -> Network:
    """A prefix of the same length around the new name of the first address in it."""
    for address, new in names.addresses.items():
        if network.contains(address):
            shift = 8 * len(new) - network.length
            cut = int.from_bytes(new, "big") >> shift << shift
            return Network(cut.to_bytes(len(new), "big"), network.length)
    return network


def renamed_key(key: FlowKey, names: Names) -> FlowKey:
    """A flow's key under other names."""
    return key._replace(
        endpoint_address=address_of(key.endpoint_address, names),
        peer_address=address_of(key.peer_address, names),
        endpoint_port=names.ports.get(key.endpoint_port, key.endpoint_port),
        peer_port=names.ports.get(key.peer_port, key.peer_port),
    )


def renamed_entry(entry: Entry, names: Names) -> Entry:
    """An entry under other names."""
    if isinstance(entry, Selection):
        service = names.number("service", entry.service)
        return Selection(service, names.number("backend", entry.backend))
    changed: Flow = replace(
        entry,
        service=names.number("service", entry.service),
        service_address=address_of(entry.service_address, names),
        service_port=names.ports.get(entry.service_port, entry.service_port),
    )
    return changed


def address_of(address: Address, names: Names) -> Address:
    """What stands for an address."""
    return names.addresses.get(address, address)
