"""Many scenarios on one subject: counts them up, keeps what diverges, can be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.step import Scenario

Progress = Callable[[Scenario, int], None]
Found = Callable[[Divergence], None]
Done = Callable[[Scenario, RunResult], None]


@dataclass(slots=True)
class Session:
    """What one subject has been through.

    `covered` maps clause ids to the names of the scenarios that hit them.
    """

    lockstep: Lockstep
    total: RunResult = field(default_factory=RunResult)
    interrupted: bool = False
    covered: dict[str, set[str]] = field(default_factory=dict)

    def run(
        self,
        scenarios: Iterable[Scenario],
        fail_fast: bool = False,
        progress: Progress | None = None,
        found: Found | None = None,
        done: Done | None = None,
    ) -> RunResult:
        """Run scenarios in order; `found` is told of each divergence at once, `done` of each end.

        Ctrl-C ends the run with what has been found so far.
        """
        try:
            for scenario in scenarios:
                result = self.run_one(scenario, progress, found)
                if done is not None:
                    done(scenario, result)
                if fail_fast and result.divergences:
                    break
        except KeyboardInterrupt:
            self.interrupted = True
        return self.total

    def run_one(
        self, scenario: Scenario, progress: Progress | None, found: Found | None
    ) -> RunResult:
        """Run one scenario and add it to the total."""
        told = None if progress is None else lambda steps: progress(scenario, steps)
        result = self.lockstep.run(scenario, told)
        self.total.add(result)
        for clause in result.clauses:
            self.covered.setdefault(clause, set()).add(scenario.name)
        for divergence in result.divergences:
            if found is not None:
                found(divergence)
        return result
