"""The sections of an ELF object, checked against damage before anything else reads it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final, NamedTuple

from harness.kernel.errors import ObjectError

MAGIC: Final = b"\x7fELF"
CLASS_64: Final = 2
LITTLE_ENDIAN: Final = 1
MACHINE_BPF: Final = 247
NO_BITS: Final = 8
"""Section type of .bss: a size without contents."""

_IDENTIFICATION = struct.Struct("<4sBB")
_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")


class _SectionHeader(NamedTuple):
    name_offset: int
    kind: int
    offset: int
    size: int


def read_sections(path: Path) -> dict[str, bytes]:
    """Contents of the sections of a BPF object by name. Raises ObjectError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ObjectError(f"{path}: cannot be read: {error.strerror}; check the name") from None
    return parse_sections(data, str(path))


def parse_sections(data: bytes, origin: str) -> dict[str, bytes]:
    """As read_sections; `origin` names the data in errors."""
    try:
        headers, names_index = _section_headers(data, origin)
        if sum(header.size for header in headers if header.kind != NO_BITS) > len(data):
            raise ValueError("sections that overlap")
        names = _contents(data, headers[names_index])
        return {
            string_at(names, header.name_offset): _contents(data, header)
            for header in headers
            if header.kind != NO_BITS
        }
    except (struct.error, IndexError, OverflowError, ValueError):
        raise ObjectError(
            f"{origin}: damaged ELF file (its section table leads outside it)", "build it again"
        ) from None


def _section_headers(data: bytes, origin: str) -> tuple[list[_SectionHeader], int]:
    if data[:4] != MAGIC:
        raise ObjectError(f"{origin}: no ELF file", "give an object built by clang -target bpf")
    _magic, word_size, byte_order = _IDENTIFICATION.unpack_from(data)
    if word_size != CLASS_64 or byte_order != LITTLE_ENDIAN:
        raise ObjectError(f"{origin}: not a 64-bit little-endian ELF file", "use -target bpfel")
    header = _HEADER.unpack_from(data)
    machine, table_offset = header[1], header[5]
    entry_size, count, names_index = header[10:13]
    if machine != MACHINE_BPF:
        raise ObjectError(
            f"{origin}: built for machine {machine}, not for BPF", "build it with clang -target bpf"
        )
    headers = []
    for index in range(count):
        fields = _SECTION.unpack_from(data, table_offset + index * entry_size)
        headers.append(_SectionHeader(fields[0], fields[1], fields[4], fields[5]))
    return headers, names_index


def _contents(data: bytes, header: _SectionHeader) -> bytes:
    if header.kind != NO_BITS and header.offset + header.size > len(data):
        raise ValueError("section outside the file")
    return data[header.offset : header.offset + header.size]


def string_at(names: bytes, offset: int) -> str:
    """The name at an offset of a string table. ValueError: it does not end, or is no UTF-8."""
    return names[offset : names.index(b"\0", offset)].decode("utf-8")
