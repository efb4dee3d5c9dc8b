"""Every case is what it says: each of its packets ends with its reason, in both families."""

from __future__ import annotations

import pytest

from harness.bench.addresses import ADDRESSES
from harness.bench.case import Case
from harness.bench.cases import REFERENCES, all_cases
from harness.bench.drops import drops
from harness.bench.timing import Lane, Samples
from harness.bench.traffic import Traffic
from model.domain.address import Family
from model.domain.reason import Reason

FEW = 40
CASES = list(all_cases(FEW))
NOT_TIMED = {
    Reason.CONNTRACK_CREATE_FAILED,  # takes a full table that does not evict
    Reason.REWRITE_FAILED,  # takes a kernel that refuses
    Reason.POLICY_REVOKED,  # removes the flow that it is about
}
IPV6_ALONE = {"drop-invalid-extension-header"}


def identity(case: Case) -> str:
    return f"{case.name}-ipv{case.family:d}"


@pytest.mark.parametrize("case", CASES, ids=identity)
def test_a_round_counts_what_it_should(lane: Lane, case: Case) -> None:
    lane.make_room(case.family)
    samples = Samples()
    lane.round(case, samples)
    lane.round(case, samples)
    assert min(samples.whole) > 0


def test_both_families_have_the_same_cases() -> None:
    by_family = {
        family: [case.name for case in CASES if case.family is family] for family in Family
    }
    for names in by_family.values():
        assert len(names) == len(set(names))
    assert set(by_family[Family.IPV6]) - set(by_family[Family.IPV4]) == IPV6_ALONE


def test_every_reason_to_drop_is_timed() -> None:
    timed = {case.reason for case in drops(Traffic(ADDRESSES[Family.IPV6]))}
    dropped = {reason for reason in Reason if reason >= Reason.UNKNOWN_L3}
    assert dropped - timed == NOT_TIMED


def test_goals_are_those_of_cases() -> None:
    assert set(REFERENCES) <= {case.name for case in CASES}
