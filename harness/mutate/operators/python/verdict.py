"""Another reason, another verdict."""

from __future__ import annotations

from harness.mutate.operator import Example
from harness.mutate.renaming import python_renaming
from model.domain.reason import Reason

NAMES = [reason.name for reason in Reason]
OTHERS = {
    **{name: (following,) for name, following in zip(NAMES, NAMES[1:] + NAMES[:1], strict=True)},
    "PASS": ("DROP",),
    "DROP": ("PASS",),
    "REDIRECT": ("PASS",),
    "ALLOW": ("DENY",),
    "DENY": ("ALLOW",),
}

OPERATOR = python_renaming(
    "verdict",
    "reason or verdict changed",
    (
        Example("x = Reason.INVALID_HEADER", "x = Reason.INVALID_EXTENSION_HEADER"),
        Example("x = Verdict.PASS", "x = Verdict.DROP"),
    ),
    OTHERS,
)
