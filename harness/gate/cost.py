"""What programs cost the verifier, held against limits and against the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.datapath.bench import Bench
from harness.gate.limits import FIGURES, Figure, Limits
from harness.kernel.interface import LoaderName, ProgramStatistics

ROUNDS: Final = 3
"""Loads of each side, in turns: of the times the least counts, which others disturbed least."""

Costs = dict[str, dict[Figure, float]]
"""Figures by program and name."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One figure of one program on both sides; None where there is no base to compare with."""

    program: str
    figure: Figure
    base: float | None
    head: float
    complaint: str = ""

    @property
    def growth(self) -> float | None:
        """Percent from base to head."""
        return None if not self.base else 100 * (self.head - self.base) / self.base

    def __str__(self) -> str:
        growth = "" if self.growth is None else f" ({self.growth:+.1f} %)"
        before = "" if self.base is None else f"{self.base:,.0f} -> "
        return f"{self.program}: {self.figure} {before}{self.head:,.0f}{growth}"


def measure(bench: Bench, sources: Mapping[str, Path]) -> dict[str, Costs]:
    """Load each side several times by libbpf; figures by side. Raises what loading raises."""
    seen: dict[str, list[Mapping[str, ProgramStatistics]]] = {name: [] for name in sources}
    for _ in range(ROUNDS):
        for name, source in sources.items():
            subject = bench.open(source, LoaderName.LIBBPF)
            seen[name].append(subject.loaded.statistics())
            subject.close()
    return {name: figures(rounds) for name, rounds in seen.items()}


def figures(rounds: list[Mapping[str, ProgramStatistics]]) -> Costs:
    """One side's figures; of the loads' times the least."""
    found: Costs = {}
    for program, one in sorted(rounds[0].items()):
        times = [load[program].verification_microseconds for load in rounds]
        found[program] = {
            "instructions": one.processed_instructions,
            "states": one.total_states,
            "stack": one.stack,
            "load_microseconds": min(times),
        }
    return found


def judge(head: Costs, base: Costs | None, limits: Limits) -> Iterator[Cost]:
    """Every figure of the head, each with what is wrong with it, if anything is."""
    for program, of_head in head.items():
        of_base = {} if base is None else base.get(program, {})
        for figure in FIGURES:
            cost = Cost(program, figure, of_base.get(figure), of_head[figure])
            yield Cost(program, figure, cost.base, cost.head, complaint(cost, limits))


def complaint(cost: Cost, limits: Limits) -> str:
    """What is wrong with one figure; empty where nothing is."""
    most = limits.most(cost.program, cost.figure)
    if most is not None and cost.head > most:
        return f"{cost}: more than the limit of {most:,}"
    allowed = float(getattr(limits.growth, cost.figure))
    if cost.growth is None or cost.growth <= allowed:
        return ""
    if limits.accepts(cost.program, cost.figure, cost.head):
        return ""
    return f"{cost}: grows by more than {allowed:g} %"
