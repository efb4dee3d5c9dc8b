"""What a campaign is focused on: clauses, or the clauses that a source file is about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.fuzz.generate.feature import Feature, Swarm
from model.clauses import CLAUSES

CLAUSE: Final = re.compile(r"\b(?:PKT|CT|LB|NAT|POL|FRAG|OBS)-\d+[a-d]?\b")

FEATURES: Final = {
    "PKT": {Feature.LENGTHS, Feature.MUTATION, Feature.EXTENSIONS, Feature.STRAYS},
    "PKT-8": {Feature.UDP, Feature.BARE_UDP, Feature.SCTP, Feature.SERVICES},
    "CT": {Feature.TCP, Feature.TIME, Feature.COLLECTOR, Feature.ANY_FLAGS},
    "CT-7": {Feature.NO_PICK_UP},
    "CT-8": {Feature.ICMP},
    "CT-9": {Feature.ERRORS},
    "LB": {Feature.SERVICES, Feature.OPERATIONS, Feature.BACKEND_STATES},
    "LB-7": {Feature.AFFINITY, Feature.TIME},
    "LB-8": {Feature.REJECT},
    "LB-10": {Feature.SCTP},
    "LB-11": {Feature.HAIRPIN},
    "LB-12": {Feature.LOCAL_POLICY},
    "LB-14": {Feature.OWN_FRONTEND},
    "NAT": {Feature.SERVICES},
    "NAT-2": {Feature.ERRORS},
    "NAT-3": {Feature.ENTRIES},
    "NAT-4": {Feature.FEW_PORTS},
    "POL": {Feature.RULES, Feature.IDENTITIES, Feature.ISOLATION, Feature.OPERATIONS},
    "FRAG": {Feature.FRAGMENTS, Feature.REASSEMBLY},
    "OBS": {Feature.EVENT_LIMIT, Feature.EVENTS_OFF, Feature.TRACES},
}
"""What rounds need for clauses, by chapter and by clause."""


def read_focus(text: str) -> tuple[str, ...]:
    """The clauses that a clause's id or a file's path stands for. Raises UserError."""
    if text in CLAUSES:
        return (text,)
    path = Path(text)
    if not path.is_file():
        raise UserError(
            f"--focus {text}: neither a clause of docs/specification.md nor a file; give one"
        )
    try:
        words = CLAUSE.findall(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--focus {text}: cannot be read as text; give a source file") from error
    found = tuple(clause for clause in CLAUSES if clause in set(words))
    if not found:
        raise UserError(f"--focus {text}: the file names no clause; give one that does")
    return found


def wanted_features(focus: tuple[str, ...]) -> Swarm:
    """Features that rounds about some clauses should have."""
    wanted: set[Feature] = set()
    for clause in focus:
        chapter, bare = clause.partition("-")[0], clause.rstrip("abcd")
        wanted |= FEATURES.get(chapter, set()) | FEATURES.get(bare, set())
    return frozenset(wanted)
