"""Rows of the policy tables: peers, policies, pages (POL-7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from harness.datapath.codec.enumeration import Enumerations, enumerators
from harness.datapath.codec.record import Record
from harness.kernel.btf import Layout
from harness.kernel.errors import LayoutError
from model.domain.address import ADDRESS_LENGTH, Family, Network
from model.domain.endpoint import Direction
from model.domain.policy import MAXIMUM_RULE_IDENTIFIER, RuleVerdict

PAGE_ENTRIES = 256
"""The port's upper byte picks an entry of one page, its lower byte one of the next."""

TABLES = ("TCP", "UDP", "SCTP", "ICMP", "ICMPV6", "OTHER")


class PeerRow(NamedTuple):
    """A peer's identity, and which rules can tell it apart from others (0: none)."""

    identity: int
    peer_class: int


class PolicyKey(NamedTuple):
    """One endpoint's policy towards one class of peers in one direction."""

    policy: int
    peer_class: int
    direction: Direction


class PeerCodec:
    """Keys of `addresses_*` and `prefixes_*` of one family, and their common value."""

    def __init__(self, structures: Mapping[str, Layout], family: Family) -> None:
        self.family = family
        self._address = Record(structures, f"address_ipv{family:d}", ("address",))
        self._prefix = Record(structures, f"prefix_ipv{family:d}", ("prefixlen", "address"))
        self._value = Record(structures, "peer", ("identity", "peer_class"))

    def encode_key(self, network: Network) -> tuple[str, bytes]:
        """Table and key of a prefix: one of full length is an address in the hash."""
        if network.length == 8 * ADDRESS_LENGTH[self.family]:
            return f"addresses_ipv{self.family:d}", self._address.pack(network.address)
        return f"prefixes_ipv{self.family:d}", self._prefix.pack(network.length, network.address)

    def decode_key(self, table: str, data: bytes) -> Network:
        """Prefix from a key of one of the two tables."""
        if table.startswith("addresses"):
            (address,) = self._address.unpack(data)
            return Network(address, 8 * ADDRESS_LENGTH[self.family])
        length, address = self._prefix.unpack(data)
        return Network(address, length)

    def encode(self, row: PeerRow) -> bytes:
        """Bytes of a row."""
        return self._value.pack(*row)

    def decode(self, data: bytes) -> PeerRow:
        """Row from bytes."""
        return PeerRow(*self._value.unpack(data))


class PolicyCodec:
    """Keys and values of `policies` and `policy_pages`.

    `tables` gives the place of each protocol's word by the name that C has for it.
    """

    def __init__(self, structures: Mapping[str, Layout], enumerations: Enumerations) -> None:
        self._key = Record(structures, "policy_key", ("policy", "peer_class", "direction"))
        self._tables = Record(structures, "policy_tables", ("page",))
        self._page = Record(structures, "policy_page", ("entry",))
        places = enumerators(
            enumerations, "policy_table", [f"POLICY_TABLE_{name}" for name in TABLES]
        )
        self.tables = {name: places[f"POLICY_TABLE_{name}"] for name in TABLES}
        bits = enumerators(
            enumerations, "policy_entry", ("POLICY_DECISION", "POLICY_DENY", "POLICY_RULE")
        )
        self._decision = bits["POLICY_DECISION"]
        self._deny = bits["POLICY_DENY"]
        _check_sizes(self._tables, self._page, bits["POLICY_RULE"])

    def decision(self, verdict: RuleVerdict, rule: int) -> int:
        """Entry that decides: the verdict and the identifier of the rule that gave it."""
        return self._decision | rule | (self._deny if verdict is RuleVerdict.DENY else 0)

    def is_page(self, entry: int) -> bool:
        """Whether an entry names a page; otherwise it is a decision or 0, no rule."""
        return entry != 0 and not entry & self._decision

    def encode_key(self, key: PolicyKey) -> bytes:
        """Bytes of a key."""
        return self._key.pack(key.policy, key.peer_class, key.direction.value)

    def decode_key(self, data: bytes) -> PolicyKey:
        """Key from bytes."""
        policy, peer_class, direction = self._key.unpack(data)
        return PolicyKey(policy, peer_class, Direction(direction))

    def encode_tables(self, words: Sequence[int]) -> bytes:
        """Bytes of one word for each protocol table."""
        return self._tables.pack(np.array(words, np.uint32).tobytes())

    def decode_tables(self, data: bytes) -> tuple[int, ...]:
        """Words from bytes."""
        return _words(*self._tables.unpack(data))

    def encode_page(self, entries: Sequence[int]) -> bytes:
        """Bytes of a page of 256 entries."""
        return self._page.pack(np.array(entries, np.uint32).tobytes())

    def decode_page(self, data: bytes) -> tuple[int, ...]:
        """Entries from bytes."""
        return _words(*self._page.unpack(data))


def _words(data: bytes) -> tuple[int, ...]:
    return tuple(np.frombuffer(data, np.uint32).tolist())


def _check_sizes(tables: Record, page: Record, rule_mask: int) -> None:
    if tables.size != 4 * len(TABLES):
        raise LayoutError(f"struct policy_tables has not the {len(TABLES)} words of its codec")
    if page.size != 4 * PAGE_ENTRIES:
        raise LayoutError(f"struct policy_page has not the {PAGE_ENTRIES} words of its codec")
    if rule_mask < MAXIMUM_RULE_IDENTIFIER:
        raise LayoutError(f"enum policy_entry: POLICY_RULE holds rules up to {rule_mask} only")
