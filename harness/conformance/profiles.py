"""Profiles: the parts of the specification that a datapath can be held to one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from model.clauses import CLAUSES

PROFILES: Final[dict[str, str]] = {
    "packets": "PKT",
    "conntrack": "CT",
    "load-balancer": "LB",
    "reverse-nat": "NAT",
    "policy": "POL",
    "fragments": "FRAG",
    "observability": "OBS",
}
"""A profile is one area: the letters before its clauses' numbers."""


def area(clause: str) -> str:
    """The letters before a clause's number."""
    return clause.partition("-")[0]


def clauses_of(profiles: Iterable[str]) -> tuple[str, ...]:
    """The clauses of some profiles, in the specification's order; of none: all."""
    areas = {PROFILES[name] for name in profiles} or set(PROFILES.values())
    return tuple(clause for clause in CLAUSES if area(clause) in areas)
