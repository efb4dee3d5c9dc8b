"""Geometry of the page's charts; the templates draw it as inline SVG.

Lengths are percent of the chart's width, so that charts fit any screen while their words keep
their size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.report.clause_counts import ClauseRow
from harness.store.family import FAMILIES
from harness.store.records import PastRun, Run

LEFT: Final = 2.0
RIGHT: Final = 98.0
"""The part of the width that dots use: none is cut in half."""

WIDTH: Final = 300
HEIGHT: Final = 80
MARGIN: Final = 8
"""Of a trend, in units of its drawing."""

NOISE: Final = 0.1
"""A share by which times of two runs differ on machines that others use too."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A count on a logarithmic axis, at `place` percent."""

    family: str
    packets: int
    place: float


@dataclass(frozen=True, slots=True)
class DotRow:
    """A reason, and a dot for each family that ended with it."""

    label: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class DotChart:
    """Rows, the most frequent first, and the axis's marks: label and place."""

    rows: tuple[DotRow, ...]
    ticks: tuple[tuple[str, float], ...]


def reason_chart(run: Run) -> DotChart:
    """Packets that agreed, by reason and family, over all loaders."""
    counts: dict[str, dict[str, int]] = {}
    for one in run.reasons:
        families = counts.setdefault(one.reason, {})
        families[one.family] = families.get(one.family, 0) + one.packets
    largest = max((max(one.values()) for one in counts.values()), default=1)
    decades = max(1, math.ceil(math.log10(largest))) if largest > 1 else 1
    rows = [
        DotRow(
            reason.replace("_", " "),
            tuple(
                Dot(family, packets, place(packets, decades))
                for family in FAMILIES
                if (packets := families.get(family, 0))
            ),
        )
        for reason, families in sorted(
            counts.items(), key=lambda one: (-sum(one[1].values()), one[0])
        )
    ]
    ticks = tuple((short(10**power), place(10**power, decades)) for power in range(decades + 1))
    return DotChart(tuple(rows), ticks)


def place(count: int, decades: int) -> float:
    """Where a count is on an axis from 1 over so many powers of ten, in percent."""
    return round(LEFT + (RIGHT - LEFT) * math.log10(count) / decades, 2)


def short(power: int) -> str:
    """A power of ten as an axis says it."""
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if power >= size:
            return f"{power // size}{unit}"
    return str(power)


@dataclass(frozen=True, slots=True)
class TopicBar:
    """Clauses of one topic; widths in percent of the topic with the most clauses."""

    topic: str
    exercised: int
    diverged: int
    total: int
    exercised_width: float
    diverged_width: float
    total_width: float


def topic_bars(rows: Sequence[ClauseRow]) -> list[TopicBar]:
    """How many clauses of each topic something met."""
    topics = {topic: [row for row in rows if row.topic == topic] for topic in topics_of(rows)}
    most = max((len(own) for own in topics.values()), default=1)
    bars = []
    for topic, own in topics.items():
        diverged = sum(1 for row in own if row.diverged)
        exercised = sum(1 for row in own if row.agreed and not row.diverged)
        widths = (round(100 * count / most, 2) for count in (exercised, diverged, len(own)))
        bars.append(TopicBar(topic, exercised, diverged, len(own), *widths))
    return bars


def topics_of(rows: Sequence[ClauseRow]) -> list[str]:
    """Topics in the specification's order."""
    return list(dict.fromkeys(row.topic for row in rows))


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure over several runs. Points are in units of the drawing, the oldest first."""

    name: str
    unit: str
    values: tuple[float, ...]
    runs: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    lower_is_better: bool

    @property
    def is_one_of_many(self) -> bool:
        """Whether `twinpath bench` measured it: a suite has a hundred figures, by slashes."""
        return "/" in self.name

    @property
    def line(self) -> str:
        """The points as SVG takes them."""
        return " ".join(f"{x},{y}" for x, y in self.points)

    @property
    def change(self) -> float:
        """From the run before to the last one, as a share; 0 where there is nothing to compare."""
        if len(self.values) < 2 or not self.values[-2]:
            return 0.0
        return self.values[-1] / self.values[-2] - 1

    @property
    def is_notable(self) -> bool:
        """Whether the change is one of a count, or more than times differ by anyway."""
        is_count = all(value == int(value) for value in self.values)
        return bool(self.change) and (is_count or abs(self.change) > NOISE)

    @property
    def is_worse(self) -> bool:
        """Whether the last run is worse than the one before."""
        return self.change > 0 if self.lower_is_better else self.change < 0


Series = list[tuple[str, float]]
"""Names of runs, and the figure in each."""


def trends(history: Sequence[PastRun]) -> list[Trend]:
    """Verifier cost and performance over the runs of a store, for what the last one has."""
    costs: dict[tuple[str, str, bool], Series] = {}
    for past in history:
        run = f"run {past.number}" + (f" ({past.revision})" if past.revision else "")
        for program in past.programs:
            name = f"{program.program} ({program.loader})"
            costs.setdefault((name, "instructions processed", True), []).append(
                (run, float(program.processed))
            )
        for measure in past.measures:
            by = f" ({measure.loader})" if measure.loader else ""
            key = (measure.name + by, measure.unit, measure.lower_is_better)
            costs.setdefault(key, []).append((run, measure.value))
    last = f"run {history[-1].number}" if history else ""
    return [
        trend(*key, series)
        for key, series in costs.items()
        if series[-1][0].partition(" (")[0] == last
    ]


def trend(name: str, unit: str, lower_is_better: bool, series: Series) -> Trend:
    """One figure's course."""
    values = tuple(value for _, value in series)
    low, high = min(values), max(values)
    reach = (high - low) or 1.0
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    points = tuple(
        (
            round(MARGIN + number * step, 1),
            round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - low) / reach, 1)
            if high > low
            else HEIGHT / 2,
        )
        for number, value in enumerate(values)
    )
    return Trend(name, unit, values, tuple(run for run, _ in series), points, lower_is_better)
