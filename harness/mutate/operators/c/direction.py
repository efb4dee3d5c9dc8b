"""The direction taken for the other one, or not looked at."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

OPPOSITE = {
    b"HOOK_FROM_CONTAINER": (b"HOOK_TO_CONTAINER",),
    b"HOOK_TO_CONTAINER": (b"HOOK_FROM_CONTAINER",),
    b"OPENER_ENDPOINT": (b"OPENER_PEER",),
    b"OPENER_PEER": (b"OPENER_ENDPOINT",),
}
DIRECTIONS = tuple(OPPOSITE)


def find(source: CSource) -> Iterator[Replacement]:
    """Flipped where it is named; dropped where it is compared or turned round."""
    for place in source.walk("identifier"):
        around = place.parent
        compared = around is not None and around.kind == "binary_expression"
        if not (compared and around is not None and source.turned_round_anyway(around)):
            for other in OPPOSITE.get(source.text(place), ()):
                yield source.replace(place, other)
    for place in source.walk("binary_expression"):
        operands = source.text(place.part("left")), source.text(place.part("right"))
        if any(one in DIRECTIONS for one in operands):
            yield source.replace(place, b"true")
    for call in source.calls((b"other_end",)):
        yield source.replace(call, source.text(source.arguments(call)[0]))


OPERATOR = Operator(
    "direction",
    "direction flipped or dropped",
    (
        Example(
            "int f(void) { return hook == HOOK_FROM_CONTAINER; }",
            "int f(void) { return hook == HOOK_TO_CONTAINER; }",
        ),
        Example(
            "int f(void) { return hook == HOOK_FROM_CONTAINER && x; }",
            "int f(void) { return true && x; }",
        ),
        Example("int f(void) { return other_end(opener); }", "int f(void) { return opener; }"),
    ),
    find,
)
