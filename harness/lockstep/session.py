"""Many scenarios on one subject: counts them up, keeps what diverges, can be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.errors import NothingToCompareError, UserError
from harness.lockstep.claims import check_claims, check_failed_calls
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.step import Scenario


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of a session's progress; each at once.

    `progress`: so many steps of a scenario are done. `found`: a divergence. `failed`: a scenario
    that could not be carried out to its end, or that does not do what it claims. `done`: any other
    that is through, with its result.
    """

    progress: Callable[[Scenario, int], None] | None = None
    found: Callable[[Divergence], None] = lambda _divergence: None
    failed: Callable[[Scenario, UserError], None] = lambda _scenario, _error: None
    done: Callable[[Scenario, RunResult], None] = lambda _scenario, _result: None


@dataclass(slots=True)
class Session:
    """What one subject has been through.

    `covered` maps clause ids to the names of the scenarios that hit them.
    """

    lockstep: Lockstep
    listener: Listener = field(default_factory=Listener)
    total: RunResult = field(default_factory=RunResult)
    interrupted: bool = False
    covered: dict[str, set[str]] = field(default_factory=dict)

    def run(self, scenarios: Iterable[Scenario], fail_fast: bool = False) -> RunResult:
        """Run scenarios in order; with `fail_fast` up to the first that diverges or fails.

        Ctrl-C ends the run with what has been compared so far. Raises NothingToCompareError.
        """
        try:
            for scenario in scenarios:
                agrees = self.run_one(scenario)
                if fail_fast and not agrees:
                    break
        except KeyboardInterrupt:
            self.interrupted = True
        return self.total

    def run_one(self, scenario: Scenario) -> bool:
        """Run one scenario and add it to the total, as far as it got; whether it agrees."""
        result = RunResult()
        try:
            self.lockstep.run(scenario, self.progress_of(scenario), result)
            if not result.divergences:
                check_failed_calls(scenario, result.failed_calls)
                check_claims(scenario, result.clauses)
                result.misses.update(scenario.misses)
        except NothingToCompareError:
            raise
        except UserError as error:
            result.failures += 1
            self.listener.failed(scenario, error)
            return False
        finally:
            self.add(scenario, result)
        for divergence in result.divergences:
            self.listener.found(divergence)
        self.listener.done(scenario, result)
        return not result.divergences

    def progress_of(self, scenario: Scenario) -> Callable[[int], None] | None:
        """What the engine tells the number of steps to."""
        progress = self.listener.progress
        return None if progress is None else lambda steps: progress(scenario, steps)

    def add(self, scenario: Scenario, result: RunResult) -> None:
        """Add one scenario's figures."""
        self.total.add(result)
        for clause in result.clauses:
            self.covered.setdefault(clause, set()).add(scenario.name)
