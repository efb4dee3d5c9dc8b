"""The direction taken for the other one, or not looked at."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.mutate.operator import Example, Operator, Replacement
from harness.mutate.python_source import PythonSource

OPPOSITE = {
    "FROM_CONTAINER": ("TO_CONTAINER",),
    "TO_CONTAINER": ("FROM_CONTAINER",),
    "ENDPOINT": ("PEER",),
    "PEER": ("ENDPOINT",),
    "EGRESS": ("INGRESS",),
    "INGRESS": ("EGRESS",),
}
QUESTIONS = ("leaves_pod", "is_reply", "enters_pod")


def find(source: PythonSource) -> Iterator[Replacement]:
    """Flipped where it is named, turned round or taken for granted where it is asked for."""
    yield from source.renamed(OPPOSITE)
    for node in source.walk():
        name = getattr(node, "attr", getattr(node, "id", ""))
        if not isinstance(node, ast.Attribute | ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if name in QUESTIONS:
            yield source.replace(node, b"(not " + source.text(node) + b")")
            yield source.replace(node, b"True")


OPERATOR = Operator(
    "direction",
    "direction flipped or dropped",
    (
        Example("hook = Hook.FROM_CONTAINER", "hook = Hook.TO_CONTAINER"),
        Example("x = passage.leaves_pod", "x = (not passage.leaves_pod)"),
    ),
    find,
)
