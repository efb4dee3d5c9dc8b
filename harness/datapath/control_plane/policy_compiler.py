"""From endpoints, identities and rules to their tables, in an order that is safe for packets."""

from __future__ import annotations

from harness.datapath.codec.codecs import Codecs
from harness.datapath.control_plane.endpoint_numbers import NumberAllocator
from harness.datapath.control_plane.endpoints import EndpointTable
from harness.datapath.control_plane.inventory import Changes, Inventory
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.peers import PeerTables
from harness.datapath.control_plane.plan import Plan
from harness.datapath.control_plane.policies import Policy, PolicyTables
from harness.datapath.control_plane.policy_pages import PolicyPages


class PolicyCompiler:
    """Compiles what policy consists of.

    Switching takes three steps: peers get classes fine enough for old and new rules; endpoints
    get their new policies; peers get their new identities and shed what only old rules told
    apart. Each row that any of these can lead to is there beforehand.
    """

    def __init__(self, page_count: int, codecs: Codecs, numbers: NumberAllocator) -> None:
        self.pages = PolicyPages(page_count, codecs.policy)
        self._peers = PeerTables(codecs)
        self._policies = PolicyTables(self.pages, codecs)
        self._endpoints = EndpointTable(codecs, numbers)

    def start(self, plan: Plan, journal: Journal) -> None:
        """Plan what the tables hold without any object: everyone is world."""
        self._peers.refresh(plan, journal)

    def update(self, inventory: Inventory, changes: Changes, plan: Plan, journal: Journal) -> None:
        """Plan what the changes take. Raises OperationError where there is no room."""
        first_class = self._peers.next_class
        replaced = self._replace(inventory, changes, journal)
        self._peers.refresh(plan, journal)
        self._switch(inventory, changes, plan, journal)
        for network in changes.identities:
            self._peers.space.set_identity(network, inventory.identities.get(network), journal)
        for policy in replaced:
            for rule in policy.rules:
                self._peers.space.release(rule.peer, journal)
        self._peers.refresh(plan, journal)
        self._fill(changes, replaced, first_class, plan, journal)
        self._clean_up(replaced, plan, journal)

    def _replace(self, inventory: Inventory, changes: Changes, journal: Journal) -> list[Policy]:
        """New policies for the endpoints whose rules change; returns the old ones."""
        replaced = []
        for endpoint in sorted(changes.rules):
            rules = tuple(inventory.rules_of.get(endpoint, {}).values())
            for rule in rules:
                self._peers.space.name(rule.peer, journal)
            old = self._policies.replace(endpoint, rules, journal)
            if old is not None:
                replaced.append(old)
        return replaced

    def _switch(self, inventory: Inventory, changes: Changes, plan: Plan, journal: Journal) -> None:
        identifiers = sorted(changes.rules | changes.endpoints.keys())
        now = {identifier: inventory.endpoints.get(identifier) for identifier in identifiers}
        pairs = [(changes.endpoints.get(i, now[i]), now[i]) for i in identifiers]
        numbers = {identifier: self._policies.number_of(identifier) for identifier in identifiers}
        self._endpoints.update(pairs, numbers, plan, journal)

    def _fill(
        self,
        changes: Changes,
        replaced: list[Policy],
        first_class: int,
        plan: Plan,
        journal: Journal,
    ) -> None:
        classes = self._peers.classes
        fresh = {s: number for s, number in classes.items() if number >= first_class}
        for endpoint in sorted(changes.rules):
            self._policies.fill(endpoint, classes, plan, journal)
        self._policies.extend(replaced, fresh, plan, journal)

    def _clean_up(self, replaced: list[Policy], plan: Plan, journal: Journal) -> None:
        for policy in replaced:
            self._policies.remove(policy, plan, journal)
        unused = self._peers.unused()
        self._policies.remove_classes({self._peers.classes[s] for s in unused}, plan, journal)
        for signature in unused:
            self._peers.drop_class(signature, journal)
