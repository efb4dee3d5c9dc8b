"""What a mutant's own process does: the gate, then the rows of the matrix, then the fuzzer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from harness.mutate.fuzzing import fuzz
from harness.mutate.gate import Gate
from harness.mutate.matrix import ROWS, still_killed
from harness.mutate.properties import failing_property, properties_digest
from harness.mutate.result import Kill
from harness.step import Scenario
from harness.subject import Reference, Subject


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done with each mutant.

    `limit`: seconds until it is given up. `fuzz`: seconds of fuzzing for one that gets through.
    `rows`: names of the matrix's rows to be measured. `properties`: whether one that gets through
    all that has to have them.
    """

    limit: float = 60.0
    fuzz: float = 0.0
    rows: frozenset[str] = frozenset()
    properties: bool = False

    @property
    def whole_limit(self) -> float:
        """Seconds for everything: properties and a row of the matrix take as long as the gate."""
        return self.limit * (1 + self.properties + 2 * len(self.rows)) + 2 * self.fuzz


def attempt(
    reference: Reference,
    subject: Subject,
    scenarios: Sequence[Scenario],
    clauses: Sequence[str],
    effort: Effort,
) -> dict[str, object]:
    """Everything that is to be found out about one mutant, fit for JSON.

    `scenarios` in the order in which they are run, `clauses` that the mutant is about.
    """
    gate = Gate(reference, subject)
    begin = perf_counter()
    kill, packets = gate.pass_through(scenarios)
    seconds = perf_counter() - begin
    if kill is None and effort.fuzz:
        kill = fuzz(reference, subject, scenarios, clauses, effort.fuzz)
        seconds = perf_counter() - begin
    return {
        "seconds": seconds,
        "packets": packets,
        "kill": None if kill is None else asdict(kill),
        "matrix": {} if kill is None else measured(gate, kill, scenarios, effort.rows),
    }


def with_properties(answer: dict[str, object], source: Path, effort: Effort) -> dict[str, object]:
    """An answer after the properties, if they are wanted and nothing has found the mutant.

    `source` is the datapath that they are asked of.
    """
    if not effort.properties or answer.get("kill", answer) is not None:
        return answer
    kill = failing_property(source)
    return {
        **answer,
        "kill": None if kill is None else asdict(kill),
        "properties": properties_digest(),
    }


def measured(
    gate: Gate, kill: Kill, scenarios: Sequence[Scenario], rows: frozenset[str]
) -> dict[str, bool]:
    """The wanted rows of the matrix for one mutant."""
    return {row.name: still_killed(gate, row, kill, scenarios) for row in ROWS if row.name in rows}
