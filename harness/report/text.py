"""Text that formats can hold: whatever a name or a packet brings along."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UserError


def printable(text: str) -> str:
    """The text with each control character, and what no UTF-8 file can hold, as its number."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text
    )


def write_report(path: Path, text: str) -> None:
    """Write a report's file. Raises UserError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}; name another") from None
