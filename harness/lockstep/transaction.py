"""A control-plane transaction on one or both sides."""

from __future__ import annotations

from harness.step import OperationStep
from harness.subject import OperationError, Subject


def carry_out(step: OperationStep, *sides: Subject) -> None:
    """Carry out a transaction on each side in turn. Raises OperationError, naming the origin."""
    try:
        for side in sides:
            side.apply(step.operations)
    except OperationError as error:
        raise OperationError(f"{step.origin}: {error}") from error
