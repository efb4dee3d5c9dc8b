"""Values of the endpoints table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from model.domain.address import UNSPECIFIED, Address, Family
from model.domain.endpoint import Direction, Endpoint

FIELDS = (
    "interface",
    "identifier",
    "identity",
    "policy",
    "flags",
    "ipv4",
    "ipv6",
    "ipv6_number",
    "interface_again",
)
FLAGS = (
    "ENDPOINT_HAS_IPV4",
    "ENDPOINT_HAS_IPV6",
    "ENDPOINT_ISOLATED_EGRESS",
    "ENDPOINT_ISOLATED_INGRESS",
)


class EndpointRow(NamedTuple):
    """What the datapath knows of an endpoint; `policy` 0 means no rules.

    `ipv6_number` stands for the IPv6 address in keys of conntrack; NO_NUMBER without one.
    """

    interface: int
    identifier: int
    identity: int
    policy: int
    ipv4: Address | None
    ipv6: Address | None
    ipv6_number: int
    isolated: frozenset[Direction]

    @classmethod
    def of(cls, endpoint: Endpoint, policy: int, ipv6_number: int) -> EndpointRow:
        """Row of an endpoint under a policy number."""
        return cls(
            endpoint.interface,
            endpoint.identifier,
            endpoint.identity,
            policy,
            endpoint.ipv4,
            endpoint.ipv6,
            ipv6_number,
            endpoint.isolated,
        )


class EndpointCodec:
    """EndpointRow to `struct endpoint` and back."""

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._record = Record(structures, "endpoint", FIELDS)
        bits = enumerators(enumerations, "endpoint_flag", FLAGS)
        self._has_ipv4, self._has_ipv6, egress, ingress = (bits[name] for name in FLAGS)
        self._isolated = {Direction.EGRESS: egress, Direction.INGRESS: ingress}

    def encode(self, row: EndpointRow) -> bytes:
        """Bytes of a row."""
        flags = sum(self._isolated[direction] for direction in row.isolated)
        flags |= self._has_ipv4 if row.ipv4 is not None else 0
        flags |= self._has_ipv6 if row.ipv6 is not None else 0
        return self._record.pack(
            row.interface,
            row.identifier,
            row.identity,
            row.policy,
            flags,
            row.ipv4 or UNSPECIFIED[Family.IPV4],
            row.ipv6 or UNSPECIFIED[Family.IPV6],
            row.ipv6_number,
            row.interface,
        )

    def decode(self, data: bytes) -> EndpointRow:
        """Row from bytes. Raises ContentError."""
        interface, identifier, identity, policy, flags, *addresses = self._record.unpack(data)
        ipv4, ipv6, ipv6_number, _ = addresses
        isolated = frozenset(way for way, bit in self._isolated.items() if flags & bit)
        return EndpointRow(
            interface,
            identifier,
            identity,
            policy,
            ipv4 if flags & self._has_ipv4 else None,
            ipv6 if flags & self._has_ipv6 else None,
            ipv6_number,
            isolated,
        )
