"""The fuzzer, asked to find a difference within so many seconds."""

from __future__ import annotations

from harness.errors import UserError
from harness.mutate.result import Kill
from harness.subject import Reference, Subject


def fuzz(reference: Reference, subject: Subject, seconds: float) -> Kill | None:
    """What the fuzzer finds, as a kill. Raises UserError."""
    raise UserError("--fuzz: there is no fuzzer in this version; leave the option out")
