"""How a packet finds its way through the tables, step by step as bpf/layout.h says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.configuration import Settings
from harness.datapath.codec.endpoint import EndpointRow
from harness.datapath.codec.index import index_key, index_of
from harness.datapath.codec.policy import TABLES, PeerRow, PolicyKey
from harness.datapath.codec.service import ServiceKey
from model.domain.address import ADDRESS_LENGTH, Address, Network, family_of
from model.domain.endpoint import Direction
from model.domain.service import Algorithm, FrontendKey
from tests.datapath.fake_maps import FakeMap


class ServiceView(NamedTuple):
    """What a new connection to a frontend meets: whom it can get, and in what way."""

    service: int
    algorithm: Algorithm
    affinity_timeout: int
    eligible: tuple[int, ...]
    """Backend identifiers in order; 0 for a slot that is free."""
    maglev: tuple[int, ...]
    """Backend identifiers by slot of the Maglev table."""


class PolicyView(NamedTuple):
    """Policy's answer: the peer's identity, the deciding rule (0: none), whether it denies."""

    peer_identity: int
    rule: int
    denies: bool


NOT_A_SERVICE = "direct"
NO_SERVICE = "no service"


def settings(maps: Mapping[str, FakeMap], codecs: Codecs) -> Settings:
    """The configuration and what else is in its element."""
    element = maps["configuration"].lookup(index_key(0))
    assert element is not None
    return codecs.configuration.decode(element)


class Lookup:
    """Looks things up in maps as the datapath would."""

    def __init__(self, maps: Mapping[str, FakeMap], codecs: Codecs) -> None:
        self._maps = maps
        self._codecs = codecs

    def service(self, key: FrontendKey) -> ServiceView | str:
        """LB-9, then whom LB-3 can choose."""
        family = family_of(key.address)
        codec, table = self._codecs.of[family].frontend, self._maps[f"frontends_ipv{family:d}"]
        found = table.lookup(codec.encode_key(key))
        if found is None:
            marker = table.lookup(codec.encode_key(FrontendKey(key.address, 0, 0)))
            return NOT_A_SERVICE if marker is None else NO_SERVICE
        frontend = codec.decode(found)
        service_key = ServiceKey(frontend.service, family, frontend.local_only)
        element = self._maps["services"].lookup(self._codecs.service.encode_key(service_key))
        assert element is not None, f"frontend {key} leads to no service"
        row = self._codecs.service.decode(element)
        slots = self._stretch("eligible_backends", row.eligible_first, row.eligible_count)
        eligible = tuple(self._backend(slot) for slot in slots)
        table_size = row.maglev_size if row.algorithm is Algorithm.MAGLEV and eligible else 0
        places = self._stretch("maglev_tables", row.maglev_first, table_size)
        return ServiceView(
            frontend.service,
            row.algorithm,
            row.affinity_timeout,
            eligible,
            tuple(eligible[place] for place in places),
        )

    def policy(
        self, interface: int, direction: Direction, peer: Address, protocol: str, port: int
    ) -> PolicyView | None:
        """POL-1 by the compiled tables; `protocol` is a table's name. None: no endpoint."""
        element = self._maps["endpoints"].lookup(index_key(interface))
        if element is None:
            return None
        endpoint: EndpointRow = self._codecs.endpoint.decode(element)
        row = self._peer(peer)
        entry = self._decision(endpoint.policy, direction, row.peer_class, protocol, port)
        rule = entry & (2**30 - 1)
        denies = bool(entry >> 30 & 1) if entry else direction in endpoint.isolated
        return PolicyView(row.identity, rule, denies)

    def _decision(
        self, policy: int, direction: Direction, peer_class: int, protocol: str, port: int
    ) -> int:
        codec = self._codecs.policy
        words = None
        for tried in (peer_class, 0):
            key = codec.encode_key(PolicyKey(policy, tried, direction))
            words = words or self._maps["policies"].lookup(key)
        if policy == 0 or words is None:
            return 0
        entry = codec.decode_tables(words)[codec.tables[protocol]]
        for byte in (port >> 8, port & 0xFF):
            if codec.is_page(entry):
                page = self._maps["policy_pages"].lookup(index_key(entry))
                assert page is not None, f"page {entry} does not exist"
                entry = codec.decode_page(page)[byte]
        assert not codec.is_page(entry), "three pages deep"
        return entry

    def _peer(self, address: Address) -> PeerRow:
        family = family_of(address)
        codec, bits = self._codecs.of[family].peer, 8 * ADDRESS_LENGTH[family]
        for length in range(bits, -1, -1):
            number = int.from_bytes(address, "big") >> bits - length << bits - length
            network = Network(number.to_bytes(bits // 8, "big"), length)
            table, key = codec.encode_key(network)
            found = self._maps[table].lookup(key)
            if found is not None:
                return codec.decode(found)
        raise AssertionError(f"there is no /0 for {address.hex()}")

    def _stretch(self, table: str, first: int, count: int) -> list[int]:
        elements = (self._maps[table].lookup(index_key(first + i)) for i in range(count))
        return [index_of(element) for element in elements if element is not None]

    def _backend(self, slot: int) -> int:
        element = self._maps["backends"].lookup(index_key(slot))
        assert element is not None
        return index_of(element[:4])


PROTOCOL_TABLES = {6: "TCP", 17: "UDP", 132: "SCTP", 1: "ICMP", 58: "ICMPV6"}


def table_and_port(protocol: int, port: int) -> tuple[str, int]:
    """Table of a protocol, and what stands in the port's place."""
    if protocol in PROTOCOL_TABLES:
        return PROTOCOL_TABLES[protocol], port
    return TABLES[-1], protocol
