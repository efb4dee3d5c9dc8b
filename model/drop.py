"""How a machine drops a packet."""

from __future__ import annotations

from model.domain.flow import FlowKey
from model.domain.reason import Reason


class Drop(Exception):  # noqa: N818 - an outcome, not an error
    """The packet ends here, for this reason, by this clause.

    `lost` are the keys of entries that are gone with it (CT-12c); nothing else has been changed.
    """

    def __init__(self, reason: Reason, clause: str, lost: tuple[FlowKey, ...] = ()) -> None:
        super().__init__(reason, clause)
        self.reason = reason
        self.clause = clause
        self.lost = lost
