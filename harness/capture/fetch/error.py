"""Why captures could not be fetched."""

from __future__ import annotations

from harness.errors import UserError


class FetchError(UserError):
    """A package whose captures are not to be had. The message is one line with the remedy."""

    def __init__(self, what: str, problem: str, remedy: str) -> None:
        super().__init__(" ".join(f"{what}: {problem}; {remedy}".split()))
