"""One transaction or several, one after the other: packets meet the same verdicts afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from harness.datapath.subject import KernelSubject
from model.domain.flow import Flow
from model.domain.operation import Operation
from model.domain.state import State
from tests.metamorphic.conftest import Plant
from tests.metamorphic.fault import Fault
from tests.metamorphic.network import UNUSED_BACKENDS, change
from tests.metamorphic.pod import Pod, Seen
from tests.metamorphic.scripts import LONGEST, scripts
from tests.metamorphic.search import holds, is_refuted
from tests.model.builder import IPV4, IPV6, Network
from tests.model.traffic import CHANGES, Action

FIRST_UNUSED = UNUSED_BACKENDS + 1000


@dataclass(frozen=True)
class Split:
    """Traffic with changes in the middle, in one transaction or cut into several."""

    net: Network
    script: list[Action]
    middle: int
    numbers: list[int]
    cuts: frozenset[int]

    @property
    def operations(self) -> list[Operation]:
        """All that changes, in order."""
        drawn = enumerate(self.numbers)
        return [one for n, number in drawn for one in change(self.net, number, FIRST_UNUSED + n)]

    def transactions(self) -> Iterator[list[Operation]]:
        """The same in parts."""
        operations = self.operations
        places = sorted({0, len(operations)} | {cut % len(operations) for cut in self.cuts})
        for begin, end in pairwise(places):
            yield operations[begin:end]


splits = st.builds(
    Split,
    net=st.sampled_from([IPV4, IPV6]),
    script=scripts(changes=False),
    middle=st.integers(1, LONGEST),
    numbers=st.lists(st.integers(0, CHANGES), min_size=2, max_size=5),
    cuts=st.frozensets(st.integers(0, 9), min_size=1, max_size=3),
)


def told(seen: Seen | None) -> Any:
    return seen and (seen.reason, seen.verdict, seen.data, seen.events)


def without_revisions(state: State) -> State:
    """Each transaction that touches them has revisions of its own (POL-5a, LB-15a)."""
    for entry in state.conntrack.values():
        entry.service_revision = 0
        if isinstance(entry, Flow):
            entry.policy_revision = 0
    return state


def run(subject: KernelSubject, split: Split, parts: list[list[Operation]]) -> tuple[Any, State]:
    pod = Pod(subject, split.net)
    pod.run(split.script[: split.middle])
    for part in parts:
        pod.apply(*part)
    return [told(seen) for seen in pod.run(split.script[split.middle :])], without_revisions(
        pod.state
    )


def splitting_changes_nothing(subject: KernelSubject, split: Split) -> None:
    whole = run(subject, split, [split.operations])
    assert run(subject, split, list(split.transactions())) == whole


def test_splitting_a_transaction_changes_nothing(shipped: KernelSubject) -> None:
    holds(lambda split: splitting_changes_nothing(shipped, split), splits)


def test_a_fault_that_counts_transactions_is_seen(planted: Plant) -> None:
    fault = Fault(
        "policy.h",
        "flow->policy_revision == context->policy_revision",
        "flow->policy_revision + 1 >= context->policy_revision",
        "a flow is judged again only at the second revision after its own",
    )
    faulty = planted(fault)
    is_refuted(lambda split: splitting_changes_nothing(faulty, split), splits)


def test_parts_are_the_whole() -> None:
    split = Split(IPV4, [], 0, [0, 4, 6], frozenset({1, 2}))
    parts = list(split.transactions())
    assert len(parts) > 1
    assert [one for part in parts for one in part] == split.operations
    assert replace(split, cuts=frozenset()).operations == split.operations
