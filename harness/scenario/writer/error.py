"""Why a scenario cannot be written."""

from __future__ import annotations

from harness.errors import UserError


class WriteError(UserError):
    """Something that the format has no words for, such as a rule of an endpoint that is gone."""
