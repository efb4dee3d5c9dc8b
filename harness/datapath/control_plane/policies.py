"""The table `policies`: each endpoint's rules, compiled for every class of peers (POL-7).

A class without a row of its own is decided by the row of class 0, any peer. So a policy has rows
only for classes that its own rules name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.policy import PolicyKey
from harness.datapath.control_plane.journal import Journal
from harness.datapath.control_plane.peer_space import Signature
from harness.datapath.control_plane.plan import Phase, Plan
from harness.datapath.control_plane.policy_pages import CompiledTables, PolicyPages
from harness.datapath.control_plane.rule_index import RuleIndex, compile_rules, rule_indexes
from model.domain.endpoint import Direction
from model.domain.policy import PolicyRule

NO_POLICY = 0

Matching = tuple[int, ...]
"""Identifiers of the rules that match a class of peers, the first to decide first."""


@dataclass
class Policy:
    """One endpoint's rules under a number, the rows that they have, and their compiled forms.

    Rows that match the same rules share one compiled form, kept with the number of its rows.
    """

    number: int
    rules: tuple[PolicyRule, ...]
    indexes: Mapping[Direction, RuleIndex]
    rows: dict[PolicyKey, Matching] = field(default_factory=dict)
    compiled: dict[Matching, CompiledTables] = field(default_factory=dict)
    uses: dict[Matching, int] = field(default_factory=dict)


class PolicyTables:
    """Policies by endpoint. A changed one gets a new number; no row is ever changed."""

    def __init__(self, pages: PolicyPages, codecs: Codecs) -> None:
        self._pages = pages
        self._codec = codecs.policy
        self._policies: dict[int, Policy] = {}
        self._next_number = 1

    def number_of(self, endpoint: int) -> int:
        """The policy that an endpoint is under; 0 where it has no rules."""
        policy = self._policies.get(endpoint)
        return policy.number if policy else NO_POLICY

    def replace(
        self, endpoint: int, rules: tuple[PolicyRule, ...], journal: Journal
    ) -> Policy | None:
        """Put an endpoint under a new policy, still without rows. Returns the old one."""
        old = self._policies.get(endpoint)
        if rules:
            number = self._next_number
            journal.undo_with(lambda: setattr(self, "_next_number", number))
            self._next_number = number + 1
            journal.set(self._policies, endpoint, Policy(number, rules, rule_indexes(rules)))
        elif old is not None:
            journal.drop(self._policies, endpoint)
        return old

    def fill(
        self, endpoint: int, classes: Mapping[Signature, int], plan: Plan, journal: Journal
    ) -> None:
        """Plan the rows of an endpoint's new policy."""
        policy = self._policies.get(endpoint)
        if policy is not None:
            self._fill(policy, classes, plan, journal)

    def extend(
        self,
        replaced: Iterable[Policy],
        classes: Mapping[Signature, int],
        plan: Plan,
        journal: Journal,
    ) -> None:
        """Plan rows for new classes, for all policies that a packet can still meet.

        Those being replaced are among them: packets meet them with a new class until the endpoint
        is switched.
        """
        if classes:
            for policy in (*self._policies.values(), *replaced):
                self._fill(policy, classes, plan, journal)

    def remove(self, policy: Policy, plan: Plan, journal: Journal) -> None:
        """Plan the removal of a replaced policy's rows."""
        for key in list(policy.rows):
            self._remove(policy, key, plan, journal)

    def remove_classes(self, classes: set[int], plan: Plan, journal: Journal) -> None:
        """Plan the removal of all rows of classes that no peer has any more."""
        if classes:
            for policy in self._policies.values():
                for key in [key for key in policy.rows if key.peer_class in classes]:
                    self._remove(policy, key, plan, journal)

    def _fill(
        self, policy: Policy, classes: Mapping[Signature, int], plan: Plan, journal: Journal
    ) -> None:
        for signature, peer_class in classes.items():
            for direction, index in policy.indexes.items():
                if index.needs_row(signature):
                    key = PolicyKey(policy.number, peer_class, direction)
                    if key not in policy.rows:
                        self._add(policy, key, index.matching(signature), plan, journal)

    def _add(
        self,
        policy: Policy,
        key: PolicyKey,
        rules: Sequence[PolicyRule],
        plan: Plan,
        journal: Journal,
    ) -> None:
        matching = tuple(rule.identifier for rule in rules)
        compiled = policy.compiled.get(matching)
        if compiled is None:
            tables = compile_rules(rules, self._codec)
            compiled = self._pages.acquire(tables, plan, journal)
            journal.set(policy.compiled, matching, compiled)
        journal.count(policy.uses, matching, 1)
        journal.set(policy.rows, key, matching)
        value = self._codec.encode_tables(compiled.words)
        plan.put(Phase.PREPARE, "policies", self._codec.encode_key(key), value)

    def _remove(self, policy: Policy, key: PolicyKey, plan: Plan, journal: Journal) -> None:
        matching = journal.drop(policy.rows, key)
        if journal.count(policy.uses, matching, -1) == 0:
            self._pages.release(journal.drop(policy.compiled, matching), journal)
        plan.remove(Phase.REMOVE, "policies", self._codec.encode_key(key))
