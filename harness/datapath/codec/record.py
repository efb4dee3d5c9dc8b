"""One C struct, packed and unpacked by the offsets of its dtype."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from socket import ntohl, ntohs
from typing import Any, NamedTuple

from harness.datapath.codec.errors import ContentError
from harness.kernel.btf import Layout
from harness.kernel.errors import LayoutError

INTEGER_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}
SWAPS: dict[int, Callable[[int], int]] = {2: ntohs, 4: ntohl}


class Leaf(NamedTuple):
    """A field that is no struct: dotted path, offset and size in bytes, and how to pack it.

    `big_endian` is None where the byte order makes no difference.
    """

    path: str
    offset: int
    size: int
    format: str
    big_endian: bool | None

    @property
    def is_padding(self) -> bool:
        """Whether the field only fills the struct up."""
        return self.path.rpartition(".")[2].startswith("padding")


class Record:
    """Packs and unpacks one struct, its fields in the order that the caller names them in.

    A number is an int, whatever its byte order in C. An array is bytes as C has them: an address
    as on the wire. Padding is written as zero and has to be zero.
    Raises LayoutError where the struct lacks a field, has one that is not named, or has a hole.
    """

    def __init__(self, structures: Mapping[str, Layout], name: str, fields: Sequence[str]) -> None:
        self.name = name
        layout = structure(structures, name)
        self.size = layout.itemsize
        leaves = list(_leaves(name, layout))
        _check_fields(name, leaves, fields)
        _check_holes(name, leaves, self.size)
        order, self._swaps = _byte_order(leaves)
        self._struct = struct.Struct(order + "".join(leaf.format for leaf in leaves))
        self._padding = [(i, leaf.path) for i, leaf in enumerate(leaves) if leaf.is_padding]
        self._leaves = {leaf.path: leaf for leaf in leaves}
        places = {leaf.path: i for i, leaf in enumerate(leaves)}
        self._pick = _getter([places[path] for path in fields])
        sources = {path: i for i, path in enumerate(fields)}
        self._arrange = _getter([sources.get(leaf.path, len(fields)) for leaf in leaves])

    def offset(self, field: str) -> int:
        """Where a field of this record begins, in bytes."""
        return self._leaves[field].offset

    def length(self, field: str) -> int:
        """How many bytes a field of this record has."""
        return self._leaves[field].size

    def pack(self, *values: Any) -> bytes:
        """Bytes of the struct from values in the order of the fields."""
        ordered: Sequence[Any] = self._arrange((*values, 0))
        if self._swaps:
            ordered = self._swapped(ordered)
        return self._struct.pack(*ordered)

    def unpack(self, data: bytes) -> tuple[Any, ...]:
        """Values in the order of the fields. Raises ContentError where padding is not zero."""
        values: Sequence[Any] = self._struct.unpack(data)
        for place, path in self._padding:
            if values[place]:
                raise ContentError(f"struct {self.name}: {path} is {values[place]:#x}, not zero")
        if self._swaps:
            values = self._swapped(values)
        return self._pick(values)

    def _swapped(self, values: Sequence[Any]) -> list[Any]:
        swapped = list(values)
        for place, swap in self._swaps:
            swapped[place] = swap(swapped[place])
        return swapped


def structure(structures: Mapping[str, Layout], name: str) -> Layout:
    """A struct's dtype by its C name. Raises LayoutError."""
    try:
        return structures[name]
    except KeyError:
        raise LayoutError(f"the object has no struct {name}: build it from bpf/") from None


def _getter(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Like itemgetter, which gives no tuple for a single place."""
    if len(places) == 1:
        only = places[0]
        return lambda values: (values[only],)
    return itemgetter(*places)


def _leaves(name: str, layout: Layout, prefix: str = "", base: int = 0) -> Iterator[Leaf]:
    """Fields in the order of their offsets, nested structs taken apart."""
    fields: Mapping[str, Any] = layout.fields or {}
    for field_name, (field, offset, *_) in sorted(fields.items(), key=lambda item: item[1][1]):
        path = f"{prefix}{field_name}"
        if field.fields is not None:
            yield from _leaves(name, field, f"{path}.", base + offset)
        elif field.subdtype is not None:
            yield Leaf(path, base + offset, field.itemsize, f"{field.itemsize}s", None)
        else:
            yield _number(name, path, base + offset, field)


def _number(name: str, path: str, offset: int, field: Layout) -> Leaf:
    size = field.itemsize
    big_endian = None if size == 1 else field.newbyteorder(">") == field
    if field.kind != "u" or size not in INTEGER_FORMATS or (big_endian and size not in SWAPS):
        raise LayoutError(f"struct {name}: no codec packs {path}, which is {field}")
    return Leaf(path, offset, size, INTEGER_FORMATS[size], big_endian)


def _byte_order(leaves: Sequence[Leaf]) -> tuple[str, list[tuple[int, Callable[[int], int]]]]:
    """Byte order for the whole struct, and the numbers that are the other way round."""
    numbers = [leaf for leaf in leaves if leaf.big_endian is not None and not leaf.is_padding]
    if all(leaf.big_endian for leaf in numbers):
        return ">", []
    return "<", [(i, SWAPS[leaf.size]) for i, leaf in enumerate(leaves) if leaf.big_endian]


def _check_fields(name: str, leaves: Sequence[Leaf], fields: Sequence[str]) -> None:
    present = {leaf.path for leaf in leaves if not leaf.is_padding}
    for path in fields:
        if path not in present:
            raise LayoutError(f"struct {name} has no field {path}, which its codec needs")
    for path in sorted(present - set(fields)):
        raise LayoutError(f"struct {name} has a field {path} that its codec does not know")


def _check_holes(name: str, leaves: Sequence[Leaf], size: int) -> None:
    """The compiler's own padding is never cleared, and in a key it would make equal keys differ."""
    end = 0
    for leaf in leaves:
        if leaf.offset != end:
            raise LayoutError(f"struct {name} has a hole before {leaf.path}: name it padding")
        end = leaf.offset + leaf.size
    if end != size:
        raise LayoutError(f"struct {name} has a hole at its end: name it padding")
