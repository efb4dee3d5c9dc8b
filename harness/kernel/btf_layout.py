"""Numpy dtypes of BTF types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from harness.kernel.btf_types import MODIFIERS, Kind, Record
from harness.kernel.errors import BtfError

Layout = np.dtype[Any]
"""A numpy dtype: structured for structs, with nested structs and subarrays as in C."""

NETWORK_ORDER: Final = frozenset({"__be16", "__be32", "__be64"})
POINTER: Final[Layout] = np.dtype("<u8")

_SIGNED: Final = 1
_BOOLEAN: Final = 4


def resolve(records: Sequence[Record], identifier: int) -> int:
    """The type behind typedefs and qualifiers. Raises ValueError where they go in a circle."""
    for _ in records:
        if records[identifier].kind not in MODIFIERS:
            return identifier
        identifier = records[identifier].size_or_type
    raise ValueError("types that stand for each other")


class Layouts:
    """Dtypes of the types of one object; `origin` names it in errors."""

    def __init__(self, records: Sequence[Record], origin: str) -> None:
        self._records = records
        self._origin = origin

    def of(self, identifier: int) -> Layout:
        """Dtype of a type. Raises BtfError where numpy has none."""
        record = self._records[identifier]
        if record.kind in MODIFIERS:
            layout = self.of(record.size_or_type)
            return layout.newbyteorder(">") if record.name in NETWORK_ORDER else layout
        make = self._makers().get(record.kind)
        if make is None:
            raise BtfError(
                f"{self._origin}: type {record.name!r} has no layout ({record.kind.name})"
            )
        return make(record)

    def _makers(self) -> dict[Kind, Callable[[Record], Layout]]:
        return {
            Kind.INTEGER: _integer,
            Kind.ENUM: _enumeration,
            Kind.ENUM64: _enumeration,
            Kind.FLOAT: _float,
            Kind.POINTER: _pointer,
            Kind.ARRAY: self._array,
            Kind.STRUCT: self._structure,
            Kind.UNION: self._structure,
        }

    def _array(self, record: Record) -> Layout:
        element, _index, count = record.items[0]
        return np.dtype((self.of(int(element)), (int(count),)))

    def _structure(self, record: Record) -> Layout:
        members = list(self._members(record, 0))
        return np.dtype(
            {
                "names": [name for name, _layout, _offset in members],
                "formats": [layout for _name, layout, _offset in members],
                "offsets": [offset for _name, _layout, offset in members],
                "itemsize": record.size_or_type,
            }
        )

    def _members(self, record: Record, base: int) -> Iterator[tuple[str, Layout, int]]:
        """Name, dtype and byte offset of each member, anonymous ones replaced by theirs."""
        for name, identifier, word in record.items:
            bits = int(word) & 0xFFFFFF if record.flag else int(word)
            if (record.flag and int(word) >> 24) or bits % 8:
                raise BtfError(
                    f"{self._origin}: struct {record.name}: bit field {name} cannot be read from "
                    "user space",
                    "use whole integers and masks",
                )
            inner = self._records[resolve(self._records, int(identifier))]
            if name == "" and inner.kind in (Kind.STRUCT, Kind.UNION):
                yield from self._members(inner, base + bits // 8)
            else:
                yield str(name), self.of(int(identifier)), base + bits // 8


def _integer(record: Record) -> Layout:
    encoding = int(record.items[0][0]) >> 24 & 0xF
    if encoding & _BOOLEAN:
        return np.dtype("?")
    return np.dtype(f"<{'i' if encoding & _SIGNED else 'u'}{record.size_or_type}")


def _enumeration(record: Record) -> Layout:
    return np.dtype(f"<{'i' if record.flag else 'u'}{record.size_or_type}")


def _float(record: Record) -> Layout:
    return np.dtype(f"<f{record.size_or_type}")


def _pointer(_record: Record) -> Layout:
    return POINTER
