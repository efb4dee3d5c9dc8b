"""What the bytes in maps mean, read from an object's BTF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from harness.kernel.btf_layout import Layout, Layouts, resolve
from harness.kernel.btf_types import MODIFIERS, VOID, Kind, Record, parse_types
from harness.kernel.elf import read_sections
from harness.kernel.errors import BtfError, ObjectError

__all__ = ["Btf", "Layout", "MapDefinition"]

MAPS_SECTION: Final = ".maps"


class MapDefinition(NamedTuple):
    """One entry of the object's `.maps` section, as the C source declares it.

    `key` and `value` are None where the map has none (ring buffers) or declares only sizes.
    """

    name: str
    kind: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int
    key_name: str
    """Name of the key's C type, `` where it has none."""
    value_name: str
    key: Layout | None
    value: Layout | None


class Btf:
    """Types of one object that its maps and other global variables are made of.

    `structures`: dtype by struct name, with itemsize and offsets as the compiler chose them;
    `__be16`, `__be32` and `__be64` are big-endian, pointers unsigned, members of anonymous structs
    and unions stand among those around them, and a union's members overlap. `enumerations`: values
    by enum name and enumerator. `maps`: definitions by map name. All in the order of the object.
    """

    def __init__(self, data: bytes, origin: str) -> None:
        """Decode a `.BTF` section; `origin` names it in errors. Raises BtfError."""
        self._records = parse_types(data, origin)
        self._layouts = Layouts(self._records, origin)
        self.structures: Mapping[str, Layout] = {}
        self.enumerations: Mapping[str, Mapping[str, int]] = {}
        try:
            self._collect()
            self.maps: Mapping[str, MapDefinition] = {
                definition.name: definition for definition in self._map_definitions()
            }
        except (ArithmeticError, IndexError, RecursionError, TypeError, ValueError):
            raise BtfError(
                f"{origin}: damaged BTF", "build the object again with clang -g"
            ) from None

    @classmethod
    def read(cls, path: Path) -> Btf:
        """BTF of an object file. Raises ObjectError, BtfError."""
        sections = read_sections(path)
        if ".BTF" not in sections:
            raise ObjectError(f"{path}: has no BTF", "build it with clang -g")
        return cls(sections[".BTF"], str(path))

    def _collect(self) -> None:
        structures: dict[str, Layout] = {}
        enumerations: dict[str, dict[str, int]] = {}
        for record, identifier in self._reachable():
            if record.kind is Kind.STRUCT and record.name:
                structures[record.name] = self._layouts.of(identifier)
            elif record.kind in (Kind.ENUM, Kind.ENUM64) and record.name:
                enumerations[record.name] = {str(item[0]): int(item[1]) for item in record.items}
        self.structures = structures
        self.enumerations = enumerations

    def _reachable(self) -> Iterator[tuple[Record, int]]:
        """Every type that a global variable consists of, once, with its identifier."""
        seen = {VOID}
        pending = [
            index for index, record in enumerate(self._records) if record.kind is Kind.VARIABLE
        ]
        while pending:
            identifier = pending.pop(0)
            if identifier in seen:
                continue
            seen.add(identifier)
            record = self._records[identifier]
            yield record, identifier
            pending.extend(_parts(record))

    def _map_definitions(self) -> Iterator[MapDefinition]:
        for section in self._records:
            if section.kind is not Kind.DATA_SECTION or section.name != MAPS_SECTION:
                continue
            for entry in section.items:
                variable = self._records[int(entry[0])]
                yield self._map_definition(
                    variable.name, resolve(self._records, variable.size_or_type)
                )

    def _map_definition(self, name: str, identifier: int) -> MapDefinition:
        """One map from the struct that declares it.

        `__uint` is a pointer to an array of that length, `__type` a pointer to the type.
        """
        members = {
            str(item[0]): self._records[resolve(self._records, int(item[1]))].size_or_type
            for item in self._records[identifier].items
        }
        numbers = {field: self._array_length(pointed) for field, pointed in members.items()}
        key_name, key = self._element(members.get("key", VOID))
        value_name, value = self._element(members.get("value", VOID))
        return MapDefinition(
            name=name,
            kind=numbers.get("type", 0),
            key_size=key.itemsize if key is not None else numbers.get("key_size", 0),
            value_size=value.itemsize if value is not None else numbers.get("value_size", 0),
            max_entries=numbers.get("max_entries", 0),
            flags=numbers.get("map_flags", 0),
            key_name=key_name,
            value_name=value_name,
            key=key,
            value=value,
        )

    def _array_length(self, identifier: int) -> int:
        record = self._records[identifier]
        return int(record.items[0][2]) if record.kind is Kind.ARRAY else 0

    def _element(self, identifier: int) -> tuple[str, Layout | None]:
        if identifier == VOID:
            return "", None
        return self._records[identifier].name, self._layouts.of(identifier)


def _parts(record: Record) -> list[int]:
    """Identifiers of the types that a type refers to."""
    if record.kind in (Kind.STRUCT, Kind.UNION):
        return [int(item[1]) for item in record.items]
    if record.kind is Kind.ARRAY:
        return [int(record.items[0][0])]
    if record.kind in MODIFIERS or record.kind in (Kind.POINTER, Kind.VARIABLE):
        return [record.size_or_type]
    return []
