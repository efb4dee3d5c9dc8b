"""What rules can tell of a peer: its identity, and which CIDR rules' peers hold it (POL-3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.prefix_index import PrefixIndex
from model.domain.address import ADDRESS_LENGTH, Family, Network
from model.domain.endpoint import WORLD_IDENTITY
from model.domain.policy import CidrPeer, IdentityPeer, Peer


class Signature(NamedTuple):
    """What tells a peer apart: its identity if a rule names it (else 0), and CIDR selectors."""

    identity: int
    selectors: frozenset[CidrPeer]


NOBODY = Signature(0, frozenset())
"""Peers that no rule tells apart from any other."""

EVERYTHING = {family: Network(bytes(length), 0) for family, length in ADDRESS_LENGTH.items()}


class PeerSpace:
    """The address space, cut into prefixes within which every rule sees the same.

    Those are the prefixes that have an identity or that a rule names, as network or as exception,
    and /0. Within one, deeper ones aside, all addresses have the same identity and signature.
    """

    def __init__(self) -> None:
        self._index = {family: PrefixIndex(family) for family in Family}
        self._interest: dict[Network, int] = {}
        self._identities: dict[Network, int] = {}
        self._named: dict[int, int] = {}
        self._selectors: dict[CidrPeer, int] = {}
        self._selected: dict[Network, dict[CidrPeer, None]] = {}
        self._excepted: dict[Network, dict[CidrPeer, None]] = {}
        self.changed_networks: dict[Network, None] = {}
        """Networks in which something has changed since this was last cleared, in order."""
        self.changed_identities: dict[int, None] = {}
        """Identities that rules have begun or ceased to name since then."""
        for everything in EVERYTHING.values():
            self._add_interest(everything, Journal())

    def describe(self, network: Network) -> tuple[int, Signature] | None:
        """Identity and signature of a prefix; None for one of no interest (any more)."""
        if network not in self._interest:
            return None
        identity = WORLD_IDENTITY
        selected: set[CidrPeer] = set()
        excepted: set[CidrPeer] = set()
        for cover in self._index[network.family].covering(network):
            identity = self._identities.get(cover, identity)
            selected.update(self._selected.get(cover, ()))
            excepted.update(self._excepted.get(cover, ()))
        named = identity if identity in self._named else 0
        return identity, Signature(named, frozenset(selected - excepted))

    def changed(self, with_identity: Iterable[Network]) -> list[Network]:
        """Prefixes that may have another description now, and forget that they have.

        `with_identity` are the prefixes whose identity is among `changed_identities`.
        """
        found = dict.fromkeys(self.changed_networks)
        for network in self.changed_networks:
            found.update(dict.fromkeys(self._index[network.family].inside(network)))
        found.update(dict.fromkeys(with_identity))
        self.changed_networks.clear()
        self.changed_identities.clear()
        return list(found)

    def set_identity(self, network: Network, identity: int | None, journal: Journal) -> None:
        """Give a prefix an identity, or take it away."""
        before = self._identities.get(network)
        if identity is not None:
            if before is None:
                self._add_interest(network, journal)
            journal.set(self._identities, network, identity)
        elif before is not None:
            journal.drop(self._identities, network)
            self._drop_interest(network, journal)
        self.changed_networks[network] = None

    def name(self, peer: Peer, journal: Journal) -> None:
        """A rule names a peer."""
        if isinstance(peer, IdentityPeer):
            if journal.count(self._named, peer.identity, 1) == 1:
                self.changed_identities[peer.identity] = None
        elif isinstance(peer, CidrPeer) and journal.count(self._selectors, peer, 1) == 1:
            self._select(peer, journal)

    def release(self, peer: Peer, journal: Journal) -> None:
        """A rule that named a peer is gone."""
        if isinstance(peer, IdentityPeer):
            if journal.count(self._named, peer.identity, -1) == 0:
                self.changed_identities[peer.identity] = None
        elif isinstance(peer, CidrPeer) and journal.count(self._selectors, peer, -1) == 0:
            self._deselect(peer, journal)

    def _select(self, peer: CidrPeer, journal: Journal) -> None:
        self._attach(self._selected, peer.network, peer, journal)
        for exception in dict.fromkeys(peer.exceptions):
            self._attach(self._excepted, exception, peer, journal)

    def _deselect(self, peer: CidrPeer, journal: Journal) -> None:
        self._detach(self._selected, peer.network, peer, journal)
        for exception in dict.fromkeys(peer.exceptions):
            self._detach(self._excepted, exception, peer, journal)

    def _attach(
        self,
        places: dict[Network, dict[CidrPeer, None]],
        network: Network,
        peer: CidrPeer,
        journal: Journal,
    ) -> None:
        if network not in places:
            journal.set(places, network, {})
        journal.set(places[network], peer, None)
        self._add_interest(network, journal)
        self.changed_networks[network] = None

    def _detach(
        self,
        places: dict[Network, dict[CidrPeer, None]],
        network: Network,
        peer: CidrPeer,
        journal: Journal,
    ) -> None:
        journal.drop(places[network], peer)
        if not places[network]:
            journal.drop(places, network)
        self._drop_interest(network, journal)
        self.changed_networks[network] = None

    def _add_interest(self, network: Network, journal: Journal) -> None:
        if journal.count(self._interest, network, 1) == 1:
            index = self._index[network.family]
            journal.undo_with(lambda: index.remove(network))
            index.add(network)
            self.changed_networks[network] = None

    def _drop_interest(self, network: Network, journal: Journal) -> None:
        if journal.count(self._interest, network, -1) == 0:
            index = self._index[network.family]
            journal.undo_with(lambda: index.add(network))
            index.remove(network)
            self.changed_networks[network] = None
