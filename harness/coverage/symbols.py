"""Where an object's counters are: offsets of symbols in a section."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from harness.kernel.elf import read_sections
from harness.kernel.errors import ObjectError

_SYMBOL = struct.Struct("<IBBHQQ")
"""struct Elf64_Sym: name, info, other, section, value, size."""

PREFIX: Final = "__profc_"


def counter_offsets(path: Path) -> dict[str, int]:
    """Byte offset in the counters' section by name of each function's counters. Raises ObjectError.

    No other section of an instrumented object has symbols of these names.
    """
    sections = read_sections(path)
    names = sections.get(".strtab", b"")
    found = {}
    try:
        for fields in _SYMBOL.iter_unpack(sections.get(".symtab", b"")):
            name = names[fields[0] : names.index(b"\0", fields[0])].decode("utf-8", "replace")
            if name.startswith(PREFIX):
                found[name] = fields[4]
    except (struct.error, ValueError):
        raise ObjectError(f"{path}: damaged symbol table", "build it again") from None
    return found
