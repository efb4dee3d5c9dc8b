"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from rich.console import Console

PIPE_WIDTH: Final = 200
"""Columns where there is no terminal: nobody wants tables squeezed into a pipe."""


class QuietConsole(Console):
    """Leaves a broken pipe to the entry point; rich would exit with 1, which says divergence."""

    def print(self, *objects: Any, crop: bool = False, **options: Any) -> None:
        """As rich does, but nothing is cut off: the terminal wraps what is wider than itself."""
        super().print(*objects, crop=crop, **options)

    def on_broken_pipe(self) -> None:
        """The reader is gone."""
        raise BrokenPipeError


out = QuietConsole(highlight=False)
err = QuietConsole(stderr=True, highlight=False, soft_wrap=True)
if not out.file.isatty():
    out.width = PIPE_WIDTH


def complain(message: str) -> None:
    """Say in one line what is wrong; where even that cannot be written, the exit code has to do."""
    with suppress(OSError):
        err.print(f"twinpath: {one_line(message)}", style="red", markup=False)


def one_line(message: str) -> str:
    """A message without line breaks or control characters."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in message).split())


def print_json(value: Mapping[str, object]) -> None:
    """One JSON object on standard output, keys in the order given."""
    out.file.write(json.dumps(value, indent=2) + "\n")
