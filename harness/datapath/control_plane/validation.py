"""Whether the object of one operation is sound by itself. Every fault is an OperationError."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.datapath.control_plane.maglev import is_prime
from harness.subject import OperationError
from model.domain.address import (
    ADDRESS_LENGTH,
    UNSPECIFIED,
    Address,
    Family,
    Network,
    format_address,
)
from model.domain.configuration import Configuration
from model.domain.endpoint import Endpoint, IdentityPrefix
from model.domain.flow import Entry, Flow, FlowKey, Opener, Selection
from model.domain.policy import MAXIMUM_RULE_IDENTIFIER, CidrPeer, IdentityPeer, PolicyRule
from model.domain.protocol import ICMP, ICMPV6, PORT_PROTOCOLS
from model.domain.service import Algorithm, Backend, Frontend, Service

LARGEST_WORD = 2**32 - 1
LARGEST_TIME = 2**63 - 1
LARGEST_PORT = 65535
ICMP_OF: Final = {Family.IPV4: ICMP, Family.IPV6: ICMPV6}
OTHER_END: Final = {Opener.ENDPOINT: Opener.PEER, Opener.PEER: Opener.ENDPOINT}


def check_endpoint(endpoint: Endpoint) -> None:
    """Identifier, interface, identity and addresses."""
    where = f"endpoint {endpoint.identifier}"
    _check_number(where, "identifier", endpoint.identifier, 1, LARGEST_WORD)
    _check_number(where, "interface", endpoint.interface, 1, LARGEST_WORD)
    _check_number(where, "identity", endpoint.identity, 1, LARGEST_WORD)
    for family in Family:
        address = endpoint.address(family)
        if address is not None:
            _check_address(where, f"IPv{family:d} address", address, family)


def check_identity(prefix: IdentityPrefix) -> None:
    """Prefix and identity."""
    where = f"identity {prefix.identity}"
    _check_network(where, prefix.network)
    _check_number(where, "identity", prefix.identity, 1, LARGEST_WORD)


def check_service(service: Service) -> None:
    """Identifier, frontends, backends, Maglev size and affinity."""
    where = f"service {service.identifier}"
    _check_number(where, "identifier", service.identifier, 1, LARGEST_WORD)
    for frontend in service.frontends:
        _check_frontend(where, frontend)
    for backend in service.backends:
        _check_backend(where, backend)
    _check_unique(where, "frontend", [frontend.key for frontend in service.frontends])
    _check_unique(where, "backend", [(backend.identifier,) for backend in service.backends])
    servers = [(backend.address, backend.port) for backend in service.backends]
    _check_unique(where, "backend", servers)
    if service.algorithm is Algorithm.MAGLEV and not is_prime(service.maglev_size):
        raise OperationError(f"{where}: Maglev size {service.maglev_size} is no prime (LB-3a)")
    if service.affinity_timeout is not None:
        _check_number(where, "affinity timeout", service.affinity_timeout, 1, LARGEST_TIME)


def check_rule(rule: PolicyRule) -> None:
    """Identifier, peer, protocol and ports."""
    where = f"rule {rule.identifier}"
    _check_number(where, "identifier", rule.identifier, 1, MAXIMUM_RULE_IDENTIFIER)
    if isinstance(rule.peer, IdentityPeer):
        _check_number(where, "peer's identity", rule.peer.identity, 1, LARGEST_WORD)
    if isinstance(rule.peer, CidrPeer):
        _check_cidr(where, rule.peer)
    if rule.protocol is not None:
        _check_number(where, "protocol", rule.protocol, 0, 255)
    if rule.ports is not None:
        if rule.protocol not in PORT_PROTOCOLS | {ICMP, ICMPV6}:
            raise OperationError(f"{where}: ports need TCP, UDP, SCTP, ICMP or ICMPv6 as protocol")
        _check_number(where, "first port", rule.ports.first, 0, LARGEST_PORT)
        _check_number(where, "last port", rule.ports.last, rule.ports.first, LARGEST_PORT)


def check_configuration(configuration: Configuration) -> None:
    """Times, rates, loopback addresses and interface."""
    where, timeouts = "configuration", configuration.timeouts
    for name in ("tcp_opening", "tcp_established", "tcp_closing", "other", "fragment"):
        _check_number(where, f"timeout {name}", getattr(timeouts, name), 0, LARGEST_TIME)
    _check_number(where, "events per second", configuration.events.per_second, 0, LARGEST_WORD)
    _check_number(where, "rejects per second", configuration.rejects_per_second, 0, LARGEST_WORD)
    interface = configuration.defragmentation_interface
    _check_number(where, "defragmentation interface", interface, 0, LARGEST_WORD)
    _check_address(where, "loopback_ipv4", configuration.loopback_ipv4, Family.IPV4)
    _check_address(where, "loopback_ipv6", configuration.loopback_ipv6, Family.IPV6)


def check_frontend_address(service: int, address: Address, configuration: Configuration) -> None:
    """A frontend's address is one (LB-1), and none that hairpins use as their source (LB-11)."""
    if address in UNSPECIFIED.values():
        raise OperationError(
            f"service {service}: a frontend has the address {format_address(address)}, which stands"
            " for none; give it one of its own (LB-1)"
        )
    if address in (configuration.loopback_ipv4, configuration.loopback_ipv6):
        raise OperationError(
            f"service {service}: a frontend has the loopback address {format_address(address)},"
            " which hairpins need for themselves (LB-11)"
        )


def check_key(key: FlowKey) -> None:
    """Addresses of one family, ports and protocol of a conntrack entry."""
    where = "conntrack entry"
    if len(key.endpoint_address) not in ADDRESS_LENGTH.values():
        raise OperationError(f"{where}: {len(key.endpoint_address)} bytes are no address")
    _check_address(where, "peer address", key.peer_address, key.family)
    _check_number(where, "endpoint port", key.endpoint_port, 0, LARGEST_PORT)
    _check_number(where, "peer port", key.peer_port, 0, LARGEST_PORT)
    _check_number(where, "protocol", key.protocol, 0, 255)


def check_entry(key: FlowKey, entry: Entry) -> None:
    """Numbers of an entry, and for a flow its service address and who opened it."""
    check_key(key)
    where = "conntrack entry"
    if entry.service_revision:
        raise OperationError(
            f"{where}: service revision {entry.service_revision}: leave it out, for packets alone"
            " can say that the services have been asked (LB-15)"
        )
    _check_number(where, "service", entry.service, 0, LARGEST_WORD)
    if isinstance(entry, Selection):
        _check_number(where, "backend", entry.backend, 0, LARGEST_WORD)
        if key.opener is Opener.PEER:
            raise OperationError(f"{where}: a selection is opened by the endpoint, its client (LB)")
        _check_served(where, key)
        return
    for name in ("expires", "opener_packets", "opener_bytes", "reply_packets", "reply_bytes"):
        _check_number(where, name, getattr(entry, name), 0, LARGEST_TIME)
    _check_number(where, "policy revision", entry.policy_revision, 0, LARGEST_WORD)
    _check_number(where, "service port", entry.service_port, 0, LARGEST_PORT)
    _check_service_address(where, entry, key.family)
    _check_opener(where, key, entry)


def check_one_stands(
    after: Mapping[FlowKey, Entry | None], entry_of: Callable[[FlowKey], Entry | None], now: int
) -> None:
    """Of the two entries of one tuple, one from each opener, one is closing, expired or absent.

    Two open flows cannot come about (CT-1b; for echoes see CT-8), nor can an open flow of the
    peer's beside a selection (CT-13). `after` has what the transaction puts, None where it removes,
    and `entry_of` finds what is in the tables before it.
    """
    for key, entry in after.items():
        if _gives_way(entry, now) or key.protocol == ICMP_OF[key.family]:
            continue
        opposite = key._replace(opener=OTHER_END[key.opener])
        other = after[opposite] if opposite in after else entry_of(opposite)
        if not _gives_way(other, now):
            what = "a selection" if isinstance(other, Selection) else "an open flow"
            whence = "is put too" if opposite in after else "is there already"
            raise OperationError(
                f"conntrack entry: {what} of the same tuple from the other opener {whence};"
                " close or remove one of them (CT-1b)"
            )


def _gives_way(entry: Entry | None, now: int) -> bool:
    """Whether packets can open a flow of the same tuple from the other end (CT-4, CT-6)."""
    if not isinstance(entry, Flow):
        return entry is None
    return entry.expires <= now or entry.opener_closing or entry.reply_closing


def _check_served(where: str, key: FlowKey) -> None:
    if key.protocol not in PORT_PROTOCOLS:
        raise OperationError(
            f"{where}: no frontend has protocol {key.protocol}, so nothing of it is load-balanced;"
            " TCP, UDP or SCTP can be (LB-9)"
        )


def _check_opener(where: str, key: FlowKey, flow: Flow) -> None:
    """Services are for traffic that leaves the pod; a hairpin's flow is the one that comes back."""
    if flow.hairpin and (key.opener is Opener.ENDPOINT or not flow.load_balanced):
        raise OperationError(f"{where}: a hairpin is load-balanced and opened by the peer (LB-11a)")
    if flow.load_balanced and key.opener is Opener.PEER and not flow.hairpin:
        raise OperationError(f"{where}: a load-balanced flow of the peer's is a hairpin (LB-11a)")
    if flow.load_balanced:
        _check_served(where, key)


def _check_service_address(where: str, flow: Flow, family: Family) -> None:
    if flow.service_address:
        _check_address(where, "service address", flow.service_address, family)
    if flow.service_address and not any(flow.service_address):
        raise OperationError(f"{where}: an unspecified service address is written as empty bytes")
    if not flow.load_balanced and (flow.service_address, flow.service_port, flow.service) != (
        b"",
        0,
        0,
    ):
        raise OperationError(f"{where}: has a service, so load_balanced has to be set")


def _check_frontend(where: str, frontend: Frontend) -> None:
    address, port, protocol = frontend.key
    if len(address) not in ADDRESS_LENGTH.values():
        raise OperationError(f"{where}: a frontend's address has 4 or 16 bytes, not {len(address)}")
    if protocol not in PORT_PROTOCOLS:
        raise OperationError(f"{where}: frontend protocol {protocol} is not TCP, UDP or SCTP")
    _check_number(where, "frontend port", port, 1, LARGEST_PORT)


def _check_backend(where: str, backend: Backend) -> None:
    _check_number(where, "backend identifier", backend.identifier, 1, LARGEST_WORD)
    if len(backend.address) not in ADDRESS_LENGTH.values():
        raise OperationError(
            f"{where}: backend {backend.identifier} has an address of {len(backend.address)} bytes,"
            " not 4 or 16"
        )
    _check_number(f"{where}, backend {backend.identifier}", "port", backend.port, 1, LARGEST_PORT)


def _check_cidr(where: str, peer: CidrPeer) -> None:
    _check_network(where, peer.network)
    for exception in peer.exceptions:
        _check_network(where, exception)
        if len(exception.address) != len(peer.network.address):
            raise OperationError(f"{where}: {exception} is not of the family of {peer.network}")


def _check_network(where: str, network: Network) -> None:
    if len(network.address) not in ADDRESS_LENGTH.values():
        raise OperationError(f"{where}: {len(network.address)} bytes are no network address")
    bits = 8 * len(network.address)
    _check_number(where, f"prefix length of {network}", network.length, 0, bits)
    if int.from_bytes(network.address, "big") & ((1 << bits - network.length) - 1):
        raise OperationError(f"{where}: {network} has host bits set")


def _check_address(where: str, what: str, address: Address, family: Family) -> None:
    if len(address) != ADDRESS_LENGTH[family]:
        raise OperationError(
            f"{where}: {what} has {len(address)} bytes, IPv{family:d} takes others"
        )


def _check_number(where: str, what: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise OperationError(f"{where}: {what} {number} is not from {least} to {most}")


def _check_unique(where: str, what: str, items: Sequence[tuple[object, ...]]) -> None:
    if len(set(items)) != len(items):
        item = next(item for item, count in Counter(items).items() if count > 1)
        raise OperationError(f"{where}: {what} {_text(item)} is there more than once")


def _text(parts: tuple[object, ...]) -> str:
    return " ".join(
        format_address(part) if isinstance(part, bytes) else str(part) for part in parts
    )
