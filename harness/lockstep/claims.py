"""Holds what a scenario claims to cover against what the reference noted on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from harness.errors import UserError
from harness.step import Scenario
from model.clauses import NOT_NOTED, ONLY_IN
from model.domain.address import Family


def is_about(clause: str, family: Family | None) -> bool:
    """Whether a clause says anything about a family; None: both or mixed."""
    return family is None or ONLY_IN.get(clause, family) is family


class ClaimError(UserError):
    """A scenario that does not meet a clause that it claims to, or meets one that it must not."""

    def __init__(self, scenario: Scenario, not_met: list[str], met: list[str]) -> None:
        problems = []
        if not_met:
            problems.append(f"claims {', '.join(not_met)}, which nothing in it meets")
        if met:
            problems.append(f"is to miss {', '.join(met)}, which it meets")
        where = f"{scenario.path}: {scenario.name}"
        super().__init__(f"{where} {' and '.join(problems)}; mend its packets or its claims")
        self.clauses = (*not_met, *met)


class NoFailedCallError(UserError):
    """A scenario that is about calls that fail, and none has."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(
            f"{scenario.path}: {scenario.name}: no packet of it makes a call that could fail, or "
            "this subject cannot make calls fail; leave `failing_calls` out"
        )


def check_failed_calls(scenario: Scenario, failed: Counter[str]) -> None:
    """Hold `failing_calls` of a scenario against what failed. Raises NoFailedCallError."""
    if scenario.failing_calls and not failed.total():
        raise NoFailedCallError(scenario)


def check_claims(scenario: Scenario, noted: Container[str]) -> None:
    """Hold `clauses` and `misses` of a scenario against the clauses noted. Raises ClaimError.

    What no note can tell (NOT_NOTED) is left to the scenario's expectations. In a file for both
    families a clause of one alone is claimed for that one.
    """
    claimed = [one for one in scenario.clauses if is_about(one, scenario.family)]
    not_met = [one for one in claimed if one not in noted and one not in NOT_NOTED]
    met = [one for one in scenario.misses if one in noted]
    if not_met or met:
        raise ClaimError(scenario, not_met, met)
