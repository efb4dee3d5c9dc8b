"""Runs scenarios on two builds, and where asked for on the specification as a third party."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.builds.settled import Settlements, settled
from harness.builds.standing import StandingReference
from harness.compare.difference import Kind
from harness.compare.strictness import without
from harness.datapath.subject import KernelSubject
from harness.errors import UserError
from harness.findings import Finding, investigate, program
from harness.lockstep.engine import Lockstep
from harness.lockstep.result import Divergence, RunResult
from harness.lockstep.session import Listener, Session
from harness.reference import ModelReference
from harness.step import Scenario

INTERVAL = 64
"""Packets between two comparisons of the whole state of two builds: no prediction tells what a
packet touched."""


@dataclass(frozen=True, slots=True)
class BuildCircumstances:
    """How a divergence of two builds came about: a line that compares them again says it all."""

    loader: str
    old: Path
    new: Path
    with_model: bool

    def command(self, subcommand: str, path: str, *options: str) -> str:
        """A line to paste; whatever the subcommand, builds are compared."""
        del subcommand
        model = ["--with-model"] if self.with_model else []
        words = [program(), "compare", str(self.old), str(self.new), path]
        return shlex.join([*words, "--loader", self.loader, *model, *options])


class BuildComparison:
    """Two builds on the same steps. Divergences of one cause are one finding.

    With the specification as a third party each build is held against it too, free choices and all.
    """

    def __init__(
        self, old: KernelSubject, new: KernelSubject, save: Path, circumstances: BuildCircumstances
    ) -> None:
        old.name, new.name = f"old ({circumstances.old})", f"new ({circumstances.new})"
        self.show: Callable[[Finding], None] = lambda _finding: None
        self.complain: Callable[[str], None] = lambda _words: None
        self.save = save
        self.circumstances = circumstances
        self.settlements = Settlements()
        self.findings: list[Finding] = []
        builds = Lockstep(
            StandingReference(old, old.name), new, without(Kind.EXPECTATION), INTERVAL
        )
        self.pairs = {"old and new": self.session(builds)}
        if circumstances.with_model:
            self.pairs["model and old"] = self.session(Lockstep(ModelReference(), old))
            self.pairs["model and new"] = self.session(Lockstep(ModelReference(), new))

    @property
    def results(self) -> dict[str, RunResult]:
        """What was compared, by pair."""
        return {pair: session.total for pair, session in self.pairs.items()}

    @property
    def between(self) -> RunResult:
        """What was compared between the two builds."""
        return self.pairs["old and new"].total

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C came before the end."""
        return any(session.interrupted for session in self.pairs.values())

    def run(self, scenarios: Iterable[Scenario], fail_fast: bool) -> None:
        """Run everything on each pair, or up to the first finding."""
        for scenario in scenarios:
            for pair, session in self.pairs.items():
                session.run(self.given(pair, scenario), fail_fast)
                if session.interrupted:
                    return
            if fail_fast and self.findings:
                return

    def given(self, pair: str, scenario: Scenario) -> Iterator[Scenario]:
        """The scenario as a pair runs it, if it does."""
        if pair != "old and new":
            yield scenario
            return
        certain = settled(scenario, self.settlements)
        if certain is not None:
            yield certain

    def session(self, lockstep: Lockstep) -> Session:
        """A session whose divergences become findings."""
        return Session(
            lockstep,
            Listener(
                found=lambda divergence: self.found(lockstep, divergence),
                failed=lambda _scenario, error: self.failed(error),
            ),
        )

    def found(self, lockstep: Lockstep, divergence: Divergence) -> None:
        """Look into a divergence; one of a known cause is counted."""
        finding = investigate(lockstep, divergence, self.save, self.circumstances)
        known = next((one for one in self.findings if one.cause == finding.cause), None)
        if known is not None:
            known.count += 1
            return
        self.findings.append(finding)
        if finding.problem:
            self.complain(finding.problem)
        self.show(finding)

    def failed(self, error: UserError) -> None:
        """A scenario could not be carried out."""
        self.complain(str(error))
