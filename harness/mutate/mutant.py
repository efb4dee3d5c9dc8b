"""One mutant: one source of one side with one replacement."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from harness.mutate.operator import Replacement, replaced


class Side(Enum):
    """Whose source is mutated."""

    DATAPATH = "datapath"
    MODEL = "model"


FOLDERS: Final = {Side.DATAPATH: "bpf", Side.MODEL: "model"}
"""Where a side's sources are in the repository."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`path` is relative to the side's folder, `line` counts from 1, `data` is the whole source.

    `function` is the one that the place is in, empty outside of functions. `clauses` are those that
    the comments around the place name, the closest first.
    """

    side: Side
    path: str
    operator: str
    replacement: Replacement
    line: int
    last_line: int
    function: str
    clauses: tuple[str, ...]
    data: bytes

    @property
    def identifier(self) -> str:
        """The same for the same change of the same source, on every machine."""
        begin, end, text = self.replacement
        key = hashlib.sha256(self.data)
        for part in (self.side.value, self.path, self.operator, str(begin), str(end)):
            key.update(part.encode() + b"\0")
        key.update(text)
        return key.hexdigest()[:16]

    @property
    def original(self) -> str:
        """The text that is replaced."""
        begin, end, _ = self.replacement
        return self.data[begin:end].decode()

    @property
    def becomes(self) -> str:
        """The text that takes its place."""
        return self.replacement.text.decode()

    @property
    def file(self) -> str:
        """The source's path in the repository."""
        return f"{FOLDERS[self.side]}/{self.path}"

    @property
    def mutated(self) -> bytes:
        """The whole source of the mutant."""
        return replaced(self.data, self.replacement)

    @property
    def where(self) -> str:
        """File and line, as compilers say it."""
        return f"{self.file}:{self.line}"

    def diff(self) -> str:
        """The change as a unified diff with one line of context."""
        lines = difflib.unified_diff(
            self.data.decode().splitlines(),
            self.mutated.decode().splitlines(),
            self.file,
            self.file,
            n=1,
            lineterm="",
        )
        return "\n".join(lines)
