"""Which divergences count: neither what is known and reviewed, nor what the base does too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.gate.base import Seen, ask
from harness.gate.clock import Clock
from harness.gate.known import Known
from harness.gate.tree import Tree
from harness.store.reader import StoreReader
from harness.store.records import DivergenceRecord, Standing
from harness.store.writer import RunWriter


class Asked(NamedTuple):
    """The base, a folder for what it writes, and the time that there is."""

    base: Tree
    folder: Path
    clock: Clock


class Standings:
    """Judges the divergences of one run, each once."""

    def __init__(self, writer: RunWriter, known: Known, asked: Asked) -> None:
        self._writer = writer
        self._known = known
        self._asked = asked
        self._judged: set[int] = set()
        self.problems: list[str] = []

    def judge(self, scenarios: Mapping[int, Path]) -> None:
        """Say of each divergence that is there by now whether it counts.

        `scenarios`: by a divergence's number the file that shows it. What cannot be told is put
        down in `problems`; then a divergence counts.
        """
        with StoreReader(self._writer.path) as reader:
            records = reader.run(self._writer.number).divergences
        fresh = [one for one in records if one.number not in self._judged]
        self._judged.update(one.number for one in fresh)
        rest = [one for one in fresh if not self._is_known(one)]
        for loader in dict.fromkeys(one.loader for one in rest):
            self._ask(loader, [one for one in rest if one.loader == loader], scenarios)

    def new(self) -> int:
        """How many divergences count so far."""
        with StoreReader(self._writer.path) as reader:
            return len(reader.run(self._writer.number).new)

    def _is_known(self, record: DivergenceRecord) -> bool:
        reason = self._known.reason(record)
        if reason is not None:
            self._writer.judge(record.number, Standing.KNOWN, reason)
        return reason is not None

    def _ask(
        self, loader: str, records: list[DivergenceRecord], scenarios: Mapping[int, Path]
    ) -> None:
        """Say of one loader's divergences whether the base has them too."""
        base, folder, clock = self._asked
        paths = [scenarios[one.number].resolve() for one in records]
        answer = ask(base, loader, paths, folder, clock)
        for record, path in zip(records, paths, strict=True):
            if Seen(loader, str(path), record.fingerprint) in answer.seen:
                reason = f"{base.name} diverges here too"
                self._writer.judge(record.number, Standing.BASE, reason)
        if answer.problem:
            self.problems.append(
                f"the base cannot be asked ({answer.problem}): its divergences count as new"
            )
