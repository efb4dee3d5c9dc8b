"""Profiles divide the specification among them."""

from __future__ import annotations

from harness.conformance.profiles import PROFILES, clauses_of
from model.clauses import CLAUSES


def test_every_clause_is_in_exactly_one_profile() -> None:
    parts = [clause for name in PROFILES for clause in clauses_of([name])]
    assert sorted(parts) == sorted(CLAUSES)
    assert all(clauses_of([name]) for name in PROFILES)


def test_no_profile_means_all_and_several_are_joined_in_order() -> None:
    assert clauses_of([]) == tuple(CLAUSES)
    joined = clauses_of(["observability", "fragments"])
    assert joined == clauses_of(["fragments"]) + clauses_of(["observability"])
