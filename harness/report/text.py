"""Text that formats can hold: whatever a name or a packet brings along."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, cast

from harness.errors import UserError

Record = TypeVar("Record")


def printable(text: str) -> str:
    """The text with each control character, and what no UTF-8 file can hold, as its number."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text
    )


def printable_record(value: Record) -> Record:
    """A record (a dataclass, frozen or not) with all its texts made printable, however deep."""
    made: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        made = printable(value)
    elif isinstance(value, tuple):
        made = tuple(printable_record(one) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        texts = {one.name: printable_record(getattr(value, one.name)) for one in fields(value)}
        made = replace(value, **texts)
    return cast("Record", made)


def check_target(path: Path | None) -> None:
    """Whether a report's file, if one is asked for, can be made; before hours go into it.

    Raises UserError.
    """
    if path is None:
        return
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise UserError(f"{path}: cannot be written: {path.parent} is no folder; name another")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{path}: cannot be written: Permission denied; name another")


def write_report(path: Path, text: str) -> None:
    """Write a report's file. Raises UserError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}; name another") from None
