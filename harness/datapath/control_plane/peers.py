"""The tables `addresses_*` and `prefixes_*`: identity and peer class by longest prefix."""

from __future__ import annotations

from typing import NamedTuple

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.policy import PeerRow
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.peer_space import NOBODY, PeerSpace, Signature
from harness.datapath.control_plane.plan import Phase, Plan
from model.domain.address import Network

NO_CLASS = 0


class Description(NamedTuple):
    """A prefix as it is in the tables."""

    identity: int
    signature: Signature


class PeerTables:
    """Keeps a row for every prefix of interest, and a class for every signature among them.

    An address of full length is found in the hash and hides the trie: its row is made from all
    prefixes that hold it, as any other.
    """

    def __init__(self, codecs: Codecs) -> None:
        self.space = PeerSpace()
        self._codecs = codecs
        self._rows: dict[Network, Description] = {}
        self._with_identity: dict[int, dict[Network, None]] = {}
        self._members: dict[Signature, int] = {}
        self.next_class = 1
        self.classes: dict[Signature, int] = {NOBODY: NO_CLASS}
        """Class numbers by signature; one without prefixes stays until `unused` is dealt with."""

    def refresh(self, plan: Plan, journal: Journal) -> None:
        """Plan rows for what has changed in the space.

        Longer prefixes are written first and removed last: an address is found under its old
        longest prefix until the new one, in its final form, is there.
        """
        space = self.space
        with_identity = [
            network
            for identity in space.changed_identities
            for network in self._with_identity.get(identity, ())
        ]
        found = {network: space.describe(network) for network in space.changed(with_identity)}
        by_length = sorted(found, key=lambda network: (network.length, network))
        for network in reversed(by_length):
            description = found[network]
            if description is not None:
                self._put(network, Description(*description), plan, journal)
        for network in by_length:
            if found[network] is None and network in self._rows:
                self._remove(network, plan, journal)

    def unused(self) -> list[Signature]:
        """Signatures that no prefix has any more; the class of nobody is always in use."""
        return [s for s in self.classes if s not in self._members and s != NOBODY]

    def drop_class(self, signature: Signature, journal: Journal) -> None:
        """Forget an unused class."""
        journal.drop(self.classes, signature)

    def _put(
        self, network: Network, description: Description, plan: Plan, journal: Journal
    ) -> None:
        old = self._rows.get(network)
        if old == description:
            return
        if old is not None:
            self._forget(network, old, journal)
        self._remember(network, description, journal)
        codec = self._codecs.of[network.family].peer
        table, key = codec.encode_key(network)
        row = PeerRow(description.identity, self._class_of(description.signature, journal))
        plan.put(Phase.SWITCH, table, key, codec.encode(row))

    def _remove(self, network: Network, plan: Plan, journal: Journal) -> None:
        self._forget(network, self._rows[network], journal)
        table, key = self._codecs.of[network.family].peer.encode_key(network)
        plan.remove(Phase.SWITCH, table, key)

    def _remember(self, network: Network, description: Description, journal: Journal) -> None:
        journal.set(self._rows, network, description)
        journal.count(self._members, description.signature, 1)
        if description.identity not in self._with_identity:
            journal.set(self._with_identity, description.identity, {})
        journal.set(self._with_identity[description.identity], network, None)

    def _forget(self, network: Network, description: Description, journal: Journal) -> None:
        journal.drop(self._rows, network)
        journal.count(self._members, description.signature, -1)
        journal.drop(self._with_identity[description.identity], network)

    def _class_of(self, signature: Signature, journal: Journal) -> int:
        if signature not in self.classes:
            number = self.next_class
            journal.undo_with(lambda: setattr(self, "next_class", number))
            self.next_class = number + 1
            journal.set(self.classes, signature, number)
        return self.classes[signature]
