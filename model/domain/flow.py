"""What the datapath remembers of connections: the entries of the conntrack table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from model.domain.address import Address, Family, family_of


class Opener(IntEnum):
    """Who sent the first packet of a flow (CT-1)."""

    __hash__ = int.__hash__  # in every key: enum's own is a Python function

    ENDPOINT = 0
    PEER = 1


class FlowKey(NamedTuple):
    """Tuple and opener (CT-1). The family is that of the addresses.

    For ICMP, `endpoint_port` is the identifier and `peer_port` type * 256 + code of the message
    that opened the flow (CT-8). For a selection the peer side is the frontend.
    """

    endpoint_address: Address
    peer_address: Address
    endpoint_port: int
    peer_port: int
    protocol: int
    opener: Opener

    @property
    def family(self) -> Family:
        """Family of both addresses."""
        return family_of(self.endpoint_address)


@dataclass(slots=True)
class Flow:
    """State of one connection.

    `expires` in nanoseconds. `established`, `opener_closing`, `reply_closing` and `picked_up` (a
    mid-stream flow without reply yet, CT-7) concern TCP alone. For a load-balanced flow
    `service_address` and `service_port` are the frontend that the client used and `service` is
    the service's identifier; empty bytes, 0 and 0 otherwise. `service_revision` is the one as of
    which the services need not be asked about its packets (LB-15), 0 where they are with each.
    """

    expires: int
    opener_packets: int = 0
    opener_bytes: int = 0
    reply_packets: int = 0
    reply_bytes: int = 0
    established: bool = False
    opener_closing: bool = False
    reply_closing: bool = False
    picked_up: bool = False
    policy_revision: int = 0
    load_balanced: bool = False
    hairpin: bool = False
    service: int = 0
    service_address: Address = b""
    service_port: int = 0
    service_revision: int = 0

    def copy(self) -> Flow:
        """A flow of its own with the same values; written out because every packet makes one."""
        return Flow(
            self.expires,
            self.opener_packets,
            self.opener_bytes,
            self.reply_packets,
            self.reply_bytes,
            self.established,
            self.opener_closing,
            self.reply_closing,
            self.picked_up,
            self.policy_revision,
            self.load_balanced,
            self.hairpin,
            self.service,
            self.service_address,
            self.service_port,
            self.service_revision,
        )


@dataclass(slots=True)
class Selection:
    """The load balancer's choice for one connection (LB-4): service and backend identifiers.

    `service_revision` as in a flow (LB-15).
    """

    service: int
    backend: int
    service_revision: int = 0


Entry = Flow | Selection


class AffinityKey(NamedTuple):
    """A client of a service with session affinity (LB-7)."""

    client_address: Address
    service: int


@dataclass(slots=True)
class Affinity:
    """The client's backend, and when it was used last (nanoseconds)."""

    backend: int
    last_use: int


class FragmentKey(NamedTuple):
    """A datagram in fragments at one hook (FRAG-1). `hook` is the number of the Hook."""

    source: Address
    destination: Address
    identification: int
    protocol: int
    hook: int


@dataclass(slots=True)
class Datagram:
    """What the first fragment said, or that the datagram went to reassembly (FRAG-2)."""

    expires: int
    source_port: int = 0
    destination_port: int = 0
    protocol: int = 0
    reassembly: bool = False
