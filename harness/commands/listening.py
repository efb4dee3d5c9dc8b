"""What a command that compares only to measure says while it runs."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import UserError
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener
from harness.report.console import complain
from harness.report.progress import RunProgress
from harness.step import Scenario


def listener_of(progress: RunProgress, say: Callable[[Divergence], None]) -> Listener:
    """Shows progress; divergences by `say`, and a line for what could not be carried out."""

    def found(divergence: Divergence) -> None:
        with progress.aside():
            say(divergence)

    def failed(_scenario: Scenario, error: UserError) -> None:
        progress.scenario_done()
        with progress.aside():
            complain(str(error))

    def done(_scenario: Scenario, _result: RunResult) -> None:
        progress.scenario_done()

    return Listener(progress.step, found, failed, done)
