"""Errors that a user can mend: one line saying what, where and how."""

from __future__ import annotations


class UserError(Exception):
    """Base of all errors that end a command with a line and exit code 4."""


class NothingToCompareError(UserError):
    """No comparison can take place: exit code 5, never 0."""
