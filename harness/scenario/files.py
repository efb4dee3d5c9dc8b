"""Files that a scenario names: only ones in its own folder or below."""

from __future__ import annotations

from pathlib import Path

from harness.scenario.document import Scalar
from harness.scenario.error import FormatError, shown


def beside(file: Path, word: Scalar) -> Path:
    """The path of a file that `file` names. Raises FormatError if it lies outside its folder."""
    given = Path(word.text)
    remedy = f"put it into {file.parent or '.'} or below"
    if "\0" in word.text or given.is_absolute() or ".." in given.parts:
        raise FormatError(word.place, f"{shown(word.text)} is outside the file's folder", remedy)
    path = file.parent / given
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        problem = f"there is no file {shown(word.text)}"
        raise FormatError(word.place, problem, f"looked in {file.parent}") from None
    if not real.is_relative_to(file.parent.resolve()):
        problem = f"{shown(word.text)} leads outside the file's folder"
        raise FormatError(word.place, problem, remedy)
    if not real.is_file():
        raise FormatError(word.place, f"{shown(word.text)} is no file", remedy)
    return path
