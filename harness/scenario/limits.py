"""Sizes of the tables that packets write, as a scenario gives them (CT-12)."""

from __future__ import annotations

from typing import Any, Final

from harness.scenario.document import Node
from harness.scenario.error import FormatError
from harness.scenario.reading import Fields, choice, integer
from model.domain.limits import Limits, TableKind

LARGEST: Final = 1 << 20
"""Entries; the kernel takes memory for all of them when the table is made."""

SIZE: Final = integer(1, LARGEST)
SIZES: Final = tuple(kind.value for kind in TableKind)
WHEN_FULL: Final = {"evict": False, "refuse": True}
"""Words for what a full table does: whether it refuses what is new."""


def read_limits(node: Node) -> Limits:
    """Sizes by table, and what a full one does. Raises FormatError."""
    given = Fields(node, "limits", (*SIZES, "when_full"))
    sizes = {name: given.required(name, SIZE) for name in SIZES if name in given}
    if not sizes:
        remedy = f"give one of {', '.join(SIZES)}"
        raise FormatError(given.node.place, "limits without a size", remedy)
    return Limits(**sizes, refuse=given.optional("when_full", choice(WHEN_FULL), False))


def limits_value(limits: Limits) -> dict[str, Any]:
    """Limits as the value of `limits:`."""
    sizes = {kind.value: limits.size(kind) for kind in TableKind}
    words = {refuse: word for word, refuse in WHEN_FULL.items()}
    given: dict[str, Any] = {name: size for name, size in sizes.items() if size is not None}
    return given | {"when_full": words[limits.refuse]}
