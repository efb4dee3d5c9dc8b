"""C assertions that hold another compiler to the layouts in a BTF.

Appended to the source, they make the compilation fail where a size, an offset or an enumerator
differs: before any packet, and with the name of what differs.
"""

from __future__ import annotations

import re
from typing import Final

from harness.kernel.btf import Btf, Layout

MARK: Final = "layout of the clang build"

_FAILED = re.compile(rf"{MARK}: (?P<what>[^\"\n]+)")


def layout_assertions(btf: Btf) -> str:
    """Assertions for every named struct and enumerator, as C text."""
    lines: list[str] = []
    for name, layout in btf.structures.items():
        lines += _structure(name, layout)
    for values in btf.enumerations.values():
        lines += [_assertion(f"{name} == {value}LL", name) for name, value in values.items()]
    return "\n".join(lines) + "\n"


def first_difference(log: str) -> str | None:
    """What the first failed assertion in a compiler's output was about."""
    found = _FAILED.search(log)
    return found["what"] if found else None


def _structure(name: str, layout: Layout) -> list[str]:
    kind = f"struct {name}"
    lines = []
    for member, field in (layout.fields or {}).items():
        what = f"__builtin_offsetof({kind}, {member})"
        lines.append(_assertion(f"{what} == {field[1]}", f"offset of {kind}.{member}"))
        size = f"sizeof((({kind} *)0)->{member})"
        lines.append(_assertion(f"{size} == {field[0].itemsize}", f"size of {kind}.{member}"))
    return [*lines, _assertion(f"sizeof({kind}) == {layout.itemsize}", f"size of {kind}")]


def _assertion(condition: str, what: str) -> str:
    return f'_Static_assert({condition}, "{MARK}: {what}");'
