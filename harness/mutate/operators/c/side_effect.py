"""Something that is done before the check that it has to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.mutate.c_source import CSource, Place
from harness.mutate.operator import Example, Operator, Replacement


def returns(source: CSource, place: Place) -> bool:
    """Whether a statement is a check that can end the function."""
    return place.kind == "if_statement" and b"return" in source.text(place.part("consequence"))


def has_effect(place: Place) -> bool:
    """Whether a statement changes more than a local variable."""
    if place.kind != "expression_statement" or not place.children:
        return False
    target = place.children[0].field("left")
    return target is None or target.kind != "identifier"


def find(source: CSource) -> Iterator[Replacement]:
    """A statement and the check right before it, swapped."""
    for block in source.walk("compound_statement"):
        statements = [one for one in block.children if one.kind != "comment"]
        for check, effect in pairwise(statements):
            if returns(source, check) and has_effect(effect):
                swapped = source.text(effect) + b"\n\t" + source.text(check)
                yield Replacement(check.begin, effect.end, swapped)


OPERATOR = Operator(
    "side-effect",
    "side effect moved before the verdict",
    (
        Example(
            "int f(void) { if (bad) return 1; *count = 1; return 0; }",
            "int f(void) { *count = 1;\n\tif (bad) return 1; return 0; }",
        ),
    ),
    find,
)
