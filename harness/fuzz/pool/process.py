"""One worker process, as the campaign holds it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from harness.fuzz.settings import Settings

WAIT: Final = 5.0
"""Seconds that a process may take to end."""


class WorkerProcess:
    """Started at once; its first answer says that it is ready, or why it cannot be.

    `place`: its number among processes that are to be spread over the CPUs; None: anywhere.
    """

    def __init__(self, settings: Settings, place: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.fuzz.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._rest = b""
        self.send({"settings": json.loads(settings.to_text()), "place": place})

    @property
    def fd(self) -> int:
        """What becomes readable when there is an answer, or when the process is gone."""
        assert self.process.stdout is not None  # noqa: S101 - a pipe was asked for
        return self.process.stdout.fileno()

    def send(self, order: dict[str, Any]) -> None:
        """Give an order. One that cannot be given shows when the answers end."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe was asked for
        with suppress(OSError):
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """Answers that are there, after `fd` was readable, and whether more can come."""
        assert self.process.stdout is not None  # noqa: S101 - a pipe was asked for
        data = self.process.stdout.read1(1 << 20)  # type: ignore[attr-defined] # BufferedReader's
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        return list(parsed(lines)), bool(data)

    def end_input(self) -> None:
        """Let the process end when it is through with what it does."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe was asked for
        with suppress(OSError):
            self.process.stdin.close()

    def close(self) -> None:
        """End the process. Safe to call twice."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def parsed(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    """Answers; a line that a dying process has cut is left out."""
    for line in lines:
        with suppress(ValueError):
            yield json.loads(line)
