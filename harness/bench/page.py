"""Writes docs/performance.md: tables between markers, and charts beside the page.

The words around the tables are written by people and stay as they are. Only the suites of the run
are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from harness.bench.charts import draw_charts
from harness.bench.measurement import Measurement, Results
from harness.bench.steps import REPOSITORY
from harness.bench.tables import GOAL_WORDS
from harness.errors import UserError
from harness.report.tables import number
from harness.report.text import write_report
from model.domain.address import Family

PAGE: Final = REPOSITORY / "docs" / "performance.md"
CHARTS: Final = REPOSITORY / "docs" / "performance"
FLOOR: Final = "floor"
NOTHING: Final = ""


def write_page(results: Results, page: Path = PAGE, charts: Path = CHARTS) -> None:
    """Replace the tables of the run's suites, and draw their charts. Raises UserError."""
    try:
        text = page.read_text("utf-8")
    except OSError as error:
        raise UserError(f"{page}: cannot be read: {error.strerror}") from None
    suites: dict[str, list[Measurement]] = {}
    for one in results.measurements:
        suites.setdefault(one.name.partition("/")[0], []).append(one)
    for suite, figures in suites.items():
        text = between_markers(text, suite, section(suite, figures, results.machine), page)
    draw_charts(suites, charts)
    write_report(page, text)


def between_markers(text: str, suite: str, lines: Iterable[str], page: Path) -> str:
    """The page with other lines in the suite's place. Raises UserError where it has none."""
    begin, end = f"<!-- {suite}: begin -->", f"<!-- {suite}: end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    block = "\n".join([begin, *lines, end])
    changed, count = pattern.subn(lambda _: block, text)
    if count != 1:
        raise UserError(f"{page}: needs the lines {begin} and {end}, once each")
    return changed


def section(suite: str, figures: Sequence[Measurement], machine: dict[str, str]) -> Iterable[str]:
    """The lines of one suite."""
    yield ", ".join(f"{name}: {value}" for name, value in machine.items())
    yield ""
    if suite != "packets":
        yield from plain(figures)
        return
    yield from plain([one for one in figures if one.name.split("/")[1] == FLOOR])
    loaders = dict.fromkeys(one.name.split("/")[1] for one in figures)
    for loader in loaders:
        if loader != FLOOR:
            yield from by_family(loader, figures)


def plain(figures: Sequence[Measurement]) -> Iterable[str]:
    """A row for each figure; columns that nothing is in are left out."""
    rows = [
        (
            one.name,
            number(one.value),
            NOTHING if one.median is None else number(one.median),
            one.unit,
            NOTHING if one.limit is None else number(one.limit),
            GOAL_WORDS[one.is_met],
        )
        for one in figures
    ]
    titles = ("figure", "least", "median", "unit", "limit", "goal")
    used = [place for place in range(len(titles)) if any(row[place] for row in rows)]
    yield row_of([titles[place] for place in used])
    yield row_of(["---"] * len(used))
    for row in rows:
        yield row_of([row[place] for place in used])


def by_family(loader: str, figures: Sequence[Measurement]) -> Iterable[str]:
    """A row for each case, both families side by side."""
    found = {one.name: one for one in figures}
    prefix = f"packets/{loader}/ipv"
    cases = dict.fromkeys(one.name.split("/")[3] for one in figures if one.name.startswith(prefix))
    yield ""
    yield f"Nanoseconds by {loader}, least and median:"
    yield ""
    yield row_of(["case", "IPv4", "in floors", "limit", "goal", "IPv6", "of IPv4", "goal"])
    yield row_of(["---"] * 8)
    for case in cases:
        four, six = (found.get(f"{prefix}{family:d}/{case}") for family in Family)
        yield row_of([case, *family_four(four), *family_six(six, four)])


def family_four(one: Measurement | None) -> list[str]:
    """IPv4's columns."""
    if one is None:
        return [NOTHING] * 4
    return [
        times(one),
        NOTHING if one.relative is None else f"{one.relative:.2f}",
        NOTHING if one.limit is None else number(one.limit),
        GOAL_WORDS[one.is_met],
    ]


def family_six(one: Measurement | None, four: Measurement | None) -> list[str]:
    """IPv6's columns."""
    if one is None:
        return [NOTHING] * 3
    share = NOTHING
    if four is not None and four.median and one.median is not None:
        share = f"{one.median / four.median:.2f}"
    return [times(one), share, GOAL_WORDS[one.is_met]]


def times(one: Measurement) -> str:
    """Least and median."""
    return f"{number(one.value)} / {number(one.median or one.value)}"


def row_of(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"
