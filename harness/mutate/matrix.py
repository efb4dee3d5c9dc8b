"""The kill matrix: which mutants would be lost if something were not compared, or not driven."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.compare.difference import Kind
from harness.compare.strictness import without
from harness.mutate.gate import CLAIM, Gate
from harness.mutate.result import Kill
from harness.step import ClockStep, OperationStep, PacketStep, Scenario, Step


def standing_still(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario with a clock that never moves."""
    steps = tuple(step for step in scenario.steps if not isinstance(step, ClockStep))
    yield replace(scenario, steps=steps)


def packet_by_packet(scenario: Scenario) -> Iterator[Scenario]:
    """Each packet alone: behind the control-plane operations before it, on empty tables."""
    operations: list[Step] = []
    for step in scenario.steps:
        if isinstance(step, OperationStep):
            operations.append(step)
        elif isinstance(step, PacketStep):
            yield replace(scenario, steps=(*operations, step))


def as_written(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario itself."""
    yield scenario


@dataclass(frozen=True, slots=True)
class Row:
    """What is done without. Authors' expectations say the same things once more, so they go too.

    `vary` makes of a scenario those that are run instead.
    """

    name: str
    kinds: frozenset[Kind] = frozenset()
    vary: Callable[[Scenario], Iterator[Scenario]] = as_written

    @property
    def changes_scenarios(self) -> bool:
        """Whether other scenarios are run."""
        return self.vary is not as_written


ROWS: Final = (
    Row("authors' expectations"),
    Row("verdict", frozenset({Kind.VERDICT, Kind.REDIRECT})),
    Row("bytes", frozenset({Kind.BYTES})),
    Row("context", frozenset({Kind.CONTEXT})),
    Row("checksum complete", frozenset({Kind.FAULT})),
    Row("events", frozenset({Kind.EVENT})),
    Row("counters", frozenset({Kind.COUNTER})),
    Row("maps", frozenset({Kind.ENTRY, Kind.DAMAGE})),
    Row("clock", vary=standing_still),
    Row("more than single packets", vary=packet_by_packet),
)


def still_killed(gate: Gate, row: Row, kill: Kill, scenarios: Sequence[Scenario]) -> bool:
    """Whether a mutant that was killed would be without what a row does without.

    `scenarios` are those of the gate, in its order. Where another kind has found something at the
    same step there is nothing to run; neither can an earlier scenario find anything then.
    """
    missing = {one.value for one in (*row.kinds, Kind.EXPECTATION)} | {CLAIM}
    if not row.changes_scenarios and set(kill.kinds) - missing:
        return True
    found, _ = gate.pass_through(
        varied(row, kill, scenarios), without(Kind.EXPECTATION, *row.kinds)
    )
    return found is not None


def varied(row: Row, kill: Kill, scenarios: Sequence[Scenario]) -> Iterable[Scenario]:
    """What is run for a row: the killer first, then what may find the mutant as well."""
    place = next((i for i, one in enumerate(scenarios) if one.name == kill.by), 0)
    rest = scenarios[place:]
    if row.changes_scenarios:
        rest = [*rest, *scenarios[:place]]
    return (other for scenario in rest for other in row.vary(scenario))
