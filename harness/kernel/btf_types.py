"""The type records of a `.BTF` section, undecoded (Documentation/bpf/btf.rst)."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from harness.kernel.elf import string_at
from harness.kernel.errors import BtfError

MAGIC: Final = 0xEB9F
VOID: Final = 0
"""The type identifier that stands for `void`."""

_HEADER = struct.Struct("<HBBIIIII")
_RECORD = struct.Struct("<III")
_INTEGER = struct.Struct("<I")
_ARRAY = struct.Struct("<III")
_MEMBER = struct.Struct("<III")
_ENUMERATOR = struct.Struct("<Ii")
_ENUMERATOR64 = struct.Struct("<IIi")
_PARAMETER = struct.Struct("<II")
_VARIABLE = struct.Struct("<I")
_SECTION_ENTRY = struct.Struct("<III")


class Kind(IntEnum):
    """BTF_KIND_*."""

    VOID = 0
    INTEGER = 1
    POINTER = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    FORWARD = 7
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNCTION = 12
    FUNCTION_PROTOTYPE = 13
    VARIABLE = 14
    DATA_SECTION = 15
    FLOAT = 16
    DECLARATION_TAG = 17
    TYPE_TAG = 18
    ENUM64 = 19


MODIFIERS: Final = frozenset(
    {Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG}
)
"""Kinds that are another type under another name or with a qualifier."""


class Record(NamedTuple):
    """One type. `size_or_type` and `items` mean what the kind says they mean.

    `items` are tuples with names already looked up: members (name, type, offset word),
    enumerators (name, value), the array (element type, index type, count), the integer's
    encoding word, and section entries (type, offset, size).
    """

    kind: Kind
    name: str
    flag: bool
    size_or_type: int
    items: tuple[tuple[int | str, ...], ...]


_ITEM_STRUCTS: Final = {
    Kind.INTEGER: _INTEGER,
    Kind.ARRAY: _ARRAY,
    Kind.STRUCT: _MEMBER,
    Kind.UNION: _MEMBER,
    Kind.ENUM: _ENUMERATOR,
    Kind.FUNCTION_PROTOTYPE: _PARAMETER,
    Kind.VARIABLE: _VARIABLE,
    Kind.DATA_SECTION: _SECTION_ENTRY,
    Kind.DECLARATION_TAG: _VARIABLE,
    Kind.ENUM64: _ENUMERATOR64,
}
_SINGLE_ITEM: Final = frozenset({Kind.INTEGER, Kind.ARRAY, Kind.VARIABLE, Kind.DECLARATION_TAG})
_NAMED_ITEMS: Final = frozenset({Kind.STRUCT, Kind.UNION, Kind.ENUM, Kind.ENUM64})


def parse_types(data: bytes, origin: str) -> list[Record]:
    """Records of a `.BTF` section by type identifier; 0 is `void`.

    `origin` names the data in errors. Raises BtfError.
    """
    try:
        return _parse(data, origin)
    except (struct.error, ValueError, IndexError):
        raise BtfError(f"{origin}: damaged BTF", "build the object again with clang -g") from None


def _parse(data: bytes, origin: str) -> list[Record]:
    magic, _version, _flags, header, types_at, types_size, names_at, names_size = (
        _HEADER.unpack_from(data)
    )
    if magic != MAGIC:
        raise BtfError(f"{origin}: its .BTF section does not begin with the BTF magic number")
    names = data[header + names_at : header + names_at + names_size]
    position = header + types_at
    end = position + types_size
    records = [Record(Kind.VOID, "void", False, 0, ())]
    while position < end:
        record, position = _parse_record(data, position, names)
        records.append(record)
    return records


def _parse_record(data: bytes, position: int, names: bytes) -> tuple[Record, int]:
    name_at, information, size_or_type = _RECORD.unpack_from(data, position)
    kind = Kind(information >> 24 & 0x1F)
    flag = bool(information >> 31)
    count = 1 if kind in _SINGLE_ITEM else information & 0xFFFF
    position += _RECORD.size
    layout = _ITEM_STRUCTS.get(kind)
    items: list[tuple[int | str, ...]] = []
    if layout is not None:
        for _ in range(count):
            items.append(_item(kind, flag, layout.unpack_from(data, position), names))
            position += layout.size
    return Record(kind, string_at(names, name_at), flag, size_or_type, tuple(items)), position


def _item(kind: Kind, flag: bool, fields: tuple[int, ...], names: bytes) -> tuple[int | str, ...]:
    if kind not in _NAMED_ITEMS:
        return fields
    name = string_at(names, fields[0])
    if kind is Kind.ENUM:
        return name, fields[1] if flag else fields[1] & 0xFFFFFFFF
    if kind is Kind.ENUM64:
        value = fields[2] << 32 | fields[1]
        return name, value if flag else value & 0xFFFFFFFFFFFFFFFF
    return (name, *fields[1:])
