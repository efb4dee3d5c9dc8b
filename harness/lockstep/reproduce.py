"""Runs a divergence again, to see whether it comes about each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from harness.compare.difference import Difference, Kind
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.lockstep.extract import steps_to
from harness.lockstep.result import Divergence
from harness.step import Scenario, Step
from harness.subject import Prediction

Run = Callable[[Scenario], Divergence | None]
"""Runs a scenario from an empty state: its first divergence, None where both sides agree."""

MAXIMUM_STEPS = 20_000
"""So many steps are held in memory and shortened; of longer ways to a divergence a part."""


AFTERWARDS = re.compile(r"(OBS-\d+|PKT-[89]|FRAG-1|CT-(3|10|11)|LB-(4|7|10|11)|NAT-[12])[a-z]?")
"""Clauses about what is recorded, rewritten and reported once a packet has been decided about."""


CHECKSUMS = ("chksum", "cksum")
"""Fields that differ wherever something else does."""


class Signature(NamedTuple):
    """What makes two divergences the same.

    Kind and field of the first difference that is not the checksum of another one, places within
    bytes left out, and the clause by which the reference decided about the packet; empty for what
    the whole state shows.
    """

    kind: Kind
    field: str
    clause: str


def signature(divergence: Divergence) -> Signature:
    """The signature of a divergence."""
    first = divergence.differences[0]
    if first.field in CHECKSUMS:
        others = (one for one in divergence.differences if one.field not in CHECKSUMS)
        first = next((one for one in others if one.kind is first.kind), first)
    return Signature(first.kind, field_of(first), deciding_clause(divergence.prediction))


def field_of(difference: Difference) -> str:
    """The field of a difference, places within bytes left out."""
    return re.sub(r"\bbyte \d+", "byte", difference.field)


def fields_of(divergence: Divergence) -> str:
    """Every field that differs, once each, in order; checksums follow from others."""
    found = dict.fromkeys(map(field_of, divergence.differences))
    return ", ".join(one for one in found if one not in CHECKSUMS)


def deciding_clause(prediction: Prediction | None) -> str:
    """The last clause that was noted before the packet was recorded, rewritten and reported."""
    if prediction is None:
        return ""
    clauses = [note.clause for note in prediction.notes]
    deciding = [clause for clause in clauses if not AFTERWARDS.fullmatch(clause)]
    return (deciding or clauses or [""])[-1]


def is_long(divergence: Divergence) -> bool:
    """Whether there are more steps up to the divergence than are held in memory."""
    return divergence.index >= MAXIMUM_STEPS


def with_steps(scenario: Scenario, steps: Sequence[Step]) -> Scenario:
    """The scenario with other steps."""
    return replace(scenario, steps=tuple(steps))


def up_to(divergence: Divergence) -> Divergence:
    """The divergence without the steps behind it; a long one as it is."""
    if is_long(divergence):
        return divergence
    scenario = with_steps(divergence.scenario, tuple(steps_to(divergence)))
    return replace(divergence, scenario=scenario)


def runs_in(lockstep: Lockstep) -> Run:
    """Scenarios run in a lockstep; one that cannot be carried out agrees."""

    def run(scenario: Scenario) -> Divergence | None:
        try:
            found = lockstep.run(scenario).divergences
        except UserError:
            return None
        return found[0] if found else None

    return run


def count_reproductions(run: Run, divergence: Divergence, tries: int) -> int:
    """How many of so many runs end in the same divergence."""
    wanted = signature(divergence)
    runs = (run(divergence.scenario) for _ in range(tries))
    return sum(1 for found in runs if found is not None and signature(found) == wanted)
