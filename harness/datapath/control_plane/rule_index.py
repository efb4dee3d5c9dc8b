"""One endpoint's rules, found by the peers that they name, and compiled for a class of peers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.datapath.codec.policy import PAGE_ENTRIES, TABLES, PolicyCodec
from harness.datapath.control_plane.peer_space import NOBODY, Signature
from harness.datapath.control_plane.port_table import (
    PortTable,
    Span,
    decide,
    port_table,
    protocol_table,
)
from model.domain.endpoint import Direction
from model.domain.policy import AnyPeer, CidrPeer, IdentityPeer, Peer, PolicyRule
from model.domain.protocol import ICMP, ICMPV6, SCTP, TCP, UDP

PROTOCOLS = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP, "ICMP": ICMP, "ICMPV6": ICMPV6}
"""Protocols with a table of their own, by the name that C has for the table."""

PORTS = 65536


class RuleIndex:
    """Rules of one endpoint in one direction, in the order in which they decide (POL-1, POL-1a)."""

    def __init__(self, rules: Iterable[PolicyRule]) -> None:
        self._order: dict[int, int] = {}
        self._by_peer: dict[Peer, list[PolicyRule]] = {}
        for place, rule in enumerate(sorted(rules, key=_precedence)):
            self._order[rule.identifier] = place
            self._by_peer.setdefault(rule.peer, []).append(rule)
        peers = self._by_peer
        self._identities = {peer.identity for peer in peers if isinstance(peer, IdentityPeer)}
        self._selectors = {peer for peer in peers if isinstance(peer, CidrPeer)}

    def needs_row(self, signature: Signature) -> bool:
        """Whether a rule names these peers; those whom none names are any peer."""
        if signature == NOBODY:
            return AnyPeer() in self._by_peer
        return signature.identity in self._identities or not self._selectors.isdisjoint(
            signature.selectors
        )

    def matching(self, signature: Signature) -> tuple[PolicyRule, ...]:
        """Rules that match peers of a signature, the first to decide first."""
        found = list(self._by_peer.get(AnyPeer(), ()))
        for peer in _named(signature):
            found += self._by_peer.get(peer, ())
        return tuple(sorted(found, key=lambda rule: self._order[rule.identifier]))


def rule_indexes(rules: Sequence[PolicyRule]) -> dict[Direction, RuleIndex]:
    """An index for each direction."""
    return {
        direction: RuleIndex(rule for rule in rules if rule.direction is direction)
        for direction in Direction
    }


def compile_rules(rules: Sequence[PolicyRule], codec: PolicyCodec) -> tuple[PortTable, ...]:
    """The six tables of rules that match one class of peers, the first to decide first.

    In the order of the tables in C.
    """
    tables: list[PortTable] = [0] * len(TABLES)
    for name in TABLES:
        protocol = PROTOCOLS.get(name)
        if protocol is None:
            spans = list(_protocol_spans(rules, codec))
            tables[codec.tables[name]] = protocol_table(decide(spans, PAGE_ENTRIES))
        else:
            spans = list(_port_spans(rules, protocol, codec))
            tables[codec.tables[name]] = port_table(decide(spans, PORTS))
    return tuple(tables)


def _port_spans(rules: Sequence[PolicyRule], protocol: int, codec: PolicyCodec) -> Iterable[Span]:
    for rule in rules:
        if rule.protocol in (None, protocol):
            first, last = (rule.ports.first, rule.ports.last) if rule.ports else (0, PORTS - 1)
            yield Span(first, last, codec.decision(rule.verdict, rule.identifier))


def _protocol_spans(rules: Sequence[PolicyRule], codec: PolicyCodec) -> Iterable[Span]:
    """Rules for protocols with a table of their own are left out: no packet looks for them here."""
    for rule in rules:
        entry = codec.decision(rule.verdict, rule.identifier)
        if rule.protocol is None:
            yield Span(0, PAGE_ENTRIES - 1, entry)
        elif rule.protocol not in PROTOCOLS.values():
            yield Span(rule.protocol, rule.protocol, entry)


def _named(signature: Signature) -> Iterable[IdentityPeer | CidrPeer]:
    if signature.identity:
        yield IdentityPeer(signature.identity)
    yield from signature.selectors


def _precedence(rule: PolicyRule) -> tuple[int, int, int]:
    return rule.priority, rule.verdict, rule.identifier
