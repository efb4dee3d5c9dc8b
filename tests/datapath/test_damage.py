"""Damage to a table that only the control plane may write is told in a line, field by field."""

from __future__ import annotations

import numpy as np
import pytest

from harness.datapath.control_plane.tables import Damage
from harness.datapath.damage import describe_damage
from harness.kernel.btf import Btf

KEY = bytes([77, 0, 0, 0])


def value(btf: Btf, table: str, **fields: object) -> bytes:
    """An element of a table: zeros but for some fields."""
    layout = btf.maps[table].value
    assert layout is not None
    found = np.zeros(1, layout)
    for name, number in fields.items():
        found[name] = number
    return found.tobytes()


def test_a_field_is_told_with_what_was_written(btf: Btf) -> None:
    written = value(btf, "endpoints", identity=7, ipv4=0x0A000105, ipv6=[0xFD000001, 0, 0, 5])
    found = value(btf, "endpoints", identity=8, ipv4=0x0A000106, ipv6=[0xFD000001, 0, 0, 6])
    assert describe_damage(Damage("endpoints", KEY, written, found), btf) == (
        "endpoints[77]: identity is 8 instead of 7, ipv4 is 0a000106 instead of 0a000105, "
        "ipv6 is fd000001:00000000:00000000:00000006 instead of "
        "fd000001:00000000:00000000:00000005"
    )


@pytest.mark.parametrize(
    ("is_there", "words"), [(False, "is missing; it was written"), (True, "is there; it was not")]
)
def test_a_whole_element_is_told_by_its_key(btf: Btf, is_there: bool, words: str) -> None:
    key = bytes([0x1F, 0x90, 6, 0, 10, 96, 0, 16])
    element = value(btf, "frontends_ipv4", service=3)
    values = (None, element) if is_there else (element, None)
    line = describe_damage(Damage("frontends_ipv4", key, *values), btf)
    assert line.startswith(
        "frontends_ipv4[tuple.port=8080 tuple.protocol=6 tuple.padding=0 address=0a600010] "
    )
    assert words in line


def test_of_an_array_the_element_is_told(btf: Btf) -> None:
    written, found = value(btf, "policies"), value(btf, "policies", page=[0, 0, 9, 0, 0, 0])
    line = describe_damage(Damage("policies", bytes(12), written, found), btf)
    assert line.endswith("]: page[2] is 9 instead of 0")
