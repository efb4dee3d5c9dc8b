"""Damage to the control plane's tables, told by the names that C has for fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.datapath.control_plane.tables import Damage
from harness.kernel.btf import Btf, Layout


def describe_damage(damage: Damage, btf: Btf) -> str:
    """One line: table, key, and what is missing, there without being written, or different."""
    definition = btf.maps[damage.table]
    where = f"{damage.table}[{_text(damage.key, definition.key)}]"
    if damage.found is None:
        return f"{where} is missing; it was written"
    if damage.written is None:
        return f"{where} is there; it was not written"
    written = dict(_fields(damage.written, definition.value))
    found = dict(_fields(damage.found, definition.value))
    changes = [
        f"{name or 'it'} is {found[name]} instead of {written[name]}"
        for name in found
        if found[name] != written[name]
    ]
    return f"{where}: {', '.join(changes)}"


def _text(data: bytes, layout: Layout | None) -> str:
    fields = list(_fields(data, layout))
    if len(fields) == 1:
        return fields[0][1]
    return " ".join(f"{name}={value}" for name, value in fields)


def _fields(data: bytes, layout: Layout | None) -> Iterator[tuple[str, str]]:
    """Fields with their values as text; arrays element by element."""
    if layout is None:
        yield "bytes", data.hex()
        return
    yield from _walk(np.frombuffer(data, layout, count=1)[0], "")


def _walk(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, np.void) and value.dtype.names:
        for field in value.dtype.names:
            yield from _walk(value[field], f"{name}.{field}" if name else field)
    elif isinstance(value, np.ndarray) and value.dtype.byteorder == ">":
        yield name, value.tobytes().hex(":", 4)
    elif isinstance(value, np.ndarray):
        for place, element in enumerate(value):
            yield from _walk(element, f"{name}[{place}]")
    else:
        yield name, str(value)
