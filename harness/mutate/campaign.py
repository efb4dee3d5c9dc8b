"""A campaign: many mutants judged in parallel, each result kept at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.datapath.bench import Bench
from harness.errors import UserError
from harness.lockstep.engine import Lockstep
from harness.mutate.catalogue import REPOSITORY
from harness.mutate.digest import digest_of
from harness.mutate.gate import evidence_of, load_gate
from harness.mutate.judge import Judge
from harness.mutate.mutant import FOLDERS, Mutant, Side
from harness.mutate.properties import properties_digest
from harness.mutate.result import Result
from harness.mutate.session import Session, Stamp
from harness.mutate.trial import Effort
from harness.mutate.workers import run_workers
from harness.reference import ModelReference
from harness.step import Scenario

JUDGING: Final = ("lockstep", "compare", "datapath", "kernel")
"""Folders of the harness on which a verdict depends."""

SOURCES: Final = (".h", ".c", ".py")

Progress = Callable[[Mutant, Result], None]


@dataclass(frozen=True, slots=True)
class Corpora:
    """The scenarios of the gate, and where they came from."""

    paths: tuple[Path, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def evidence(self) -> list[str]:
        """Digests of their files."""
        return [evidence_of(path) for path in sorted({one.path for one in self.scenarios})]


def read_corpora(paths: Sequence[Path]) -> Corpora:
    """The scenarios below some paths. Raises UserError."""
    return Corpora(tuple(paths), tuple(load_gate(paths)))


def require_agreement(corpora: Corpora) -> None:
    """Make sure that the unchanged sides agree: else every mutant would look killed.

    Raises UserError, naming the first scenario that diverges.
    """
    with Bench() as bench:
        lockstep = Lockstep(ModelReference(), bench.open())
        for scenario in corpora.scenarios:
            if lockstep.run(scenario).divergences:
                raise UserError(
                    f"{scenario.path}: {scenario.name} diverges without any mutation; "
                    f"mend that first (twinpath run {scenario.path})"
                )


def program_of(side: Side) -> str:
    """A digest of a side's sources."""
    folder = REPOSITORY / FOLDERS[side]
    return digest_of(sorted(path for path in folder.rglob("*.*") if path.suffix in SOURCES))


def stamp_of(side: Side, corpora: Corpora, effort: Effort) -> Stamp:
    """What results of today depend on. Raises UserError."""
    harness = REPOSITORY / "harness"
    judging = sorted(path for name in JUDGING for path in (harness / name).rglob("*.py"))
    other = Side.MODEL if side is Side.DATAPATH else Side.DATAPATH
    evidence = corpora.evidence
    return Stamp(
        program_of(side),
        program_of(other) + digest_of(judging),
        hashlib.sha256("".join(evidence).encode()).hexdigest()[:32],
        frozenset(evidence),
        properties_digest() if effort.properties else "",
    )


class Campaign:
    """Judges the mutants that a session has no result of yet."""

    def __init__(self, session: Path, corpora: Corpora, effort: Effort) -> None:
        self.path = session
        self.corpora = corpora
        self.effort = effort
        self.stamps = {side: stamp_of(side, corpora, effort) for side in Side}

    def known(self, mutants: Sequence[Mutant]) -> dict[str, Result]:
        """Results that still hold, by the mutants' identifiers."""
        with Session(self.path) as session:
            found = {
                one.identifier: session.find(one, self.stamps[one.side], self.effort)
                for one in mutants
            }
        return {name: result for name, result in found.items() if result is not None}

    def run(self, mutants: Sequence[Mutant], workers: int, progress: Progress) -> None:
        """Judge all of them by so many workers, telling of each result as it is there."""
        jobs = range(len(mutants))
        body = self._body(mutants)
        with Session(self.path) as session:
            for number in run_workers(workers, jobs, body):
                mutant = mutants[number]
                progress(mutant, session.latest(mutant))

    def _body(self, mutants: Sequence[Mutant]) -> Callable[[Iterator[int]], Iterator[int]]:
        def body(numbers: Iterator[int]) -> Iterator[int]:
            with Session(self.path) as session:
                judges = {side: self._judge(side, session) for side in Side}
                for number in numbers:
                    mutant = mutants[number]
                    result = judges[mutant.side].judge(mutant)
                    self._require_unchanged(mutant.side)
                    session.store(mutant, result, self.stamps[mutant.side], self.effort)
                    yield number

        return body

    def _require_unchanged(self, side: Side) -> None:
        """A result is none if someone has edited the sources meanwhile. Raises UserError."""
        if program_of(side) != self.stamps[side].program:
            raise UserError(f"{FOLDERS[side]}/ has changed during the run; start it again")

    def _judge(self, side: Side, session: Session) -> Judge:
        stamp = self.stamps[side]
        return Judge(
            self.corpora.scenarios,
            self.corpora.paths,
            self.effort,
            lambda code: session.same_code(code, stamp, self.effort),
        )
