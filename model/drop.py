"""How a machine drops a packet."""

from __future__ import annotations

from model.domain.reason import Reason


class Drop(Exception):  # noqa: N818 - an outcome, not an error
    """The packet ends here, for this reason, by this clause. Nothing has been changed so far."""

    def __init__(self, reason: Reason, clause: str) -> None:
        super().__init__(reason, clause)
        self.reason = reason
        self.clause = clause
