"""A campaign's folder while the campaign runs: whose it is, what it has, what comes into it."""

from __future__ import annotations

import fcntl
import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from harness.fuzz.corpus.store import (
    CorpusError,
    append_line,
    case_files,
    remove_unfinished,
    save_case,
    write_whole,
)
from harness.fuzz.wire import read_case, write_case
from harness.report.saved import UNEXAMINED, remove_leftovers
from harness.scenario.writer.error import WriteError
from harness.step import Scenario

LOCK: Final = ".lock"
STATISTICS: Final = "statistics.json"
PLOT_COLUMNS: Final = (
    "seconds",
    "rounds",
    "steps",
    "cases",
    "branches",
    "clauses",
    "divergences",
    "steps_per_second",
)


class CorpusFolder:
    """A folder that is one campaign's until `close`. Raises CorpusError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.queue = path / "queue"
        self.divergences = path / "divergences"
        self.refused = path / "refused"
        self.pending: deque[str] = deque()
        self._lock = locked(path)
        remove_unfinished(path)
        remove_leftovers(self.divergences)

    def cases(self) -> Iterator[str]:
        """Every case of the queue, and divergences that nobody has looked into yet."""
        for folder in (self.divergences / UNEXAMINED, self.queue):
            for file in case_files(folder):
                for scenario in load_file(file):
                    yield write_case(scenario.topology, tuple(scenario.steps))

    def forget_unexamined(self) -> None:
        """What nobody had looked into has been repeated by now: it is a finding, or was none."""
        for file in case_files(self.divergences / UNEXAMINED):
            file.unlink(missing_ok=True)

    def keep(self, case: str) -> None:
        """A case for the queue; it is written when there is time (`write_one`, `close`)."""
        self.pending.append(case)

    def write_one(self) -> None:
        """Write one case that waits; one that scenario files cannot say is left out.

        Raises CorpusError.
        """
        if self.pending:
            with suppress(WriteError):
                save_case(self.queue, read_case(self.pending[0]))
            self.pending.popleft()

    def statistics(self) -> dict[str, Any]:
        """What the last campaign here left of its figures; empty where none did."""
        try:
            text = (self.path / STATISTICS).read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            found = json.loads(text)
        except ValueError as error:
            raise CorpusError(f"{self.path / STATISTICS}: is no JSON; remove it") from error
        return found if isinstance(found, dict) else {}

    def write_statistics(self, figures: Mapping[str, Any], plain: Mapping[str, object]) -> None:
        """The latest figures: all of them as JSON, the plain ones as AFL has them."""
        write_whole(self.path / STATISTICS, json.dumps(figures, indent=1) + "\n")
        width = max(map(len, plain), default=0)
        lines = (f"{name:<{width}} : {value}\n" for name, value in plain.items())
        write_whole(self.path / "fuzzer_stats", "".join(lines))

    def plot(self, values: Mapping[str, object]) -> None:
        """One more line of figures over time."""
        path = self.path / "plot_data"
        if not path.exists():
            append_line(path, "# " + ", ".join(PLOT_COLUMNS))
        append_line(path, ", ".join(str(values[name]) for name in PLOT_COLUMNS))

    def close(self) -> None:
        """Write what waits, and give the folder back. Safe to call twice."""
        if self._lock < 0:
            return
        try:
            while self.pending:
                self.write_one()
        finally:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def locked(path: Path) -> int:
    """The descriptor that keeps a folder for this process. Raises CorpusError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise CorpusError(f"{path}: is no folder to write to: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CorpusError(f"{path}: another campaign is at work there; name another") from None
    return descriptor


def load_file(path: Path) -> list[Scenario]:
    """The scenarios of a file. Raises FormatError."""
    from harness.scenario.load import load_scenarios  # noqa: PLC0415 - imports Scapy

    return load_scenarios(path)
