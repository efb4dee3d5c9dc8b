"""C and Python that disagree are stopped before any packet, by a message that names the place."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from harness.datapath.codec.codecs import Codecs
from harness.datapath.codec.record import Record
from harness.kernel.btf import Btf
from harness.kernel.errors import LayoutError


def altered(btf: Btf, **replaced: object) -> Btf:
    """The object's types with some of `structures` or `enumerations` replaced."""
    return cast(
        "Btf",
        SimpleNamespace(
            structures={**btf.structures, **cast("dict[str, Any]", replaced.get("structures", {}))},
            enumerations={
                **btf.enumerations,
                **cast("dict[str, Any]", replaced.get("enumerations", {})),
            },
        ),
    )


def test_the_object_as_it_is_passes(btf: Btf) -> None:
    assert Codecs(btf).of


@pytest.mark.parametrize(
    ("enum", "change", "complaint"),
    [
        ("reason", {"REASON_NEW": 3}, "enum reason: REASON_NEW is 3 in C and 2 in Python"),
        ("reason", {"REASON_NOVEL": 60}, "enum reason has REASON_NOVEL, but Python's Reason"),
        ("reason", {"REASON_NEW": None}, "enum reason has no REASON_NEW, but Python's Reason"),
        ("hook", {"HOOK_TO_CONTAINER": 5}, "HOOK_TO_CONTAINER is 5"),
        ("opener", {"OPENER_PEER": 2}, "OPENER_PEER is 2"),
        ("backend_state", {"BACKEND_GONE": 4}, "BACKEND_GONE"),
        ("event_kind", {"EVENT_DROP": 9}, "EVENT_DROP is 9"),
        ("algorithm", {"ALGORITHM_MAGLEV": None}, "no ALGORITHM_MAGLEV"),
        ("entry_flag", {"ENTRY_HAIRPIN": None}, "enum entry_flag has no ENTRY_HAIRPIN"),
        ("policy_table", {"POLICY_TABLE_SCTP": None}, "enum policy_table has no POLICY_TABLE_SCTP"),
        ("reason", {"REASON_LIMIT": None}, "enum reason has no REASON_LIMIT"),
    ],
)
def test_an_enum_that_differs(
    btf: Btf, enum: str, change: dict[str, int | None], complaint: str
) -> None:
    values = {
        name: value
        for name, value in {**btf.enumerations[enum], **change}.items()
        if value is not None
    }
    with pytest.raises(LayoutError, match=complaint):
        Codecs(altered(btf, enumerations={enum: values}))


def test_a_missing_enum_and_a_missing_struct(btf: Btf) -> None:
    without_enum = {name: e for name, e in btf.enumerations.items() if name != "hook"}
    without_struct = {name: s for name, s in btf.structures.items() if name != "endpoint"}
    with pytest.raises(LayoutError, match="no enum hook"):
        Codecs(cast("Btf", SimpleNamespace(structures=btf.structures, enumerations=without_enum)))
    with pytest.raises(LayoutError, match="no struct endpoint"):
        Codecs(
            cast("Btf", SimpleNamespace(structures=without_struct, enumerations=btf.enumerations))
        )


def test_a_renamed_field(btf: Btf) -> None:
    layout = np.dtype(
        [("packets", "<u8"), ("octets", "<u8")],
    )
    with pytest.raises(LayoutError, match="struct counter has no field bytes"):
        Codecs(altered(btf, structures={"counter": layout}))


def test_a_new_field(btf: Btf) -> None:
    layout = np.dtype([("packets", "<u8"), ("bytes", "<u8"), ("drops", "<u8")])
    with pytest.raises(LayoutError, match="struct counter has a field drops"):
        Codecs(altered(btf, structures={"counter": layout}))


def test_a_hole_in_a_struct() -> None:
    inside = np.dtype({"names": ["a", "b"], "formats": ["<u2", "<u4"], "offsets": [0, 4]})
    behind = np.dtype({"names": ["a"], "formats": ["<u4"], "offsets": [0], "itemsize": 8})
    with pytest.raises(LayoutError, match="struct s has a hole before b"):
        Record({"s": inside}, "s", ("a", "b"))
    with pytest.raises(LayoutError, match="struct s has a hole at its end"):
        Record({"s": behind}, "s", ("a",))


def test_a_kind_of_field_that_no_codec_packs() -> None:
    with pytest.raises(LayoutError, match="struct s: no codec packs a"):
        Record({"s": np.dtype([("a", "<i4")])}, "s", ("a",))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_number_that_the_network_has_no_order_for(order: str) -> None:
    """Addresses and ports are the only numbers in network order; they have two or four bytes."""
    layout = np.dtype([("a", ">u8"), ("b", f"{order}u4")])
    with pytest.raises(LayoutError, match="struct s: no codec packs a"):
        Record({"s": layout}, "s", "ab")


def test_a_struct_without_fields() -> None:
    with pytest.raises(LayoutError, match="struct s has no field a"):
        Record({"s": np.dtype([])}, "s", "a")


def test_of_several_new_fields_the_first_by_name_is_told() -> None:
    layout = np.dtype([(name, "u1") for name in "hgfedcba"])
    with pytest.raises(LayoutError, match="struct s has a field b that"):
        Record({"s": layout}, "s", "a")


def test_offsets_are_those_of_the_compiler() -> None:
    """Structs in structs, at any place; fields in any order of their names."""
    inner = np.dtype([("x", ">u2"), ("padding", "<u2"), ("y", "<u4")])
    outer = np.dtype(
        {
            "names": ["tail", "inner", "head"],
            "formats": ["u1", inner, ("u1", (3,))],
            "offsets": [11, 3, 0],
        }
    )
    record = Record({"s": outer}, "s", ("inner.x", "inner.y", "head", "tail"))
    places = {name: record.offset(name) for name in ("head", "inner.x", "inner.y", "tail")}
    assert places == {"head": 0, "inner.x": 3, "inner.y": 7, "tail": 11}
    assert (record.length("head"), record.length("inner.y"), record.size) == (3, 4, 12)
    data = b"abc" + b"\x01\x02" + bytes(2) + b"\x06\x05\x04\x03" + b"\x07"
    assert record.pack(0x0102, 0x03040506, b"abc", 7) == data
    assert record.unpack(data) == (0x0102, 0x03040506, b"abc", 7)


def test_fields_that_changed_places_are_found() -> None:
    """Order and byte order are the compiler's affair."""
    there = Record({"s": np.dtype([("a", "<u4"), ("b", ">u2"), ("padding", "<u2")])}, "s", "ab")
    here = Record({"s": np.dtype([("padding", "<u2"), ("b", ">u2"), ("a", "<u4")])}, "s", "ab")
    assert there.pack(1, 2) == b"\x01\0\0\0\0\x02\0\0"
    assert here.pack(1, 2) == b"\0\0\0\x02\x01\0\0\0"
    assert there.unpack(there.pack(1, 2)) == here.unpack(here.pack(1, 2)) == (1, 2)
