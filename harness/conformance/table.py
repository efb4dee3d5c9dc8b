"""The conformance report on a terminal or in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.conformance.evidence import Status
from harness.conformance.report import Report
from harness.report.summary import counted
from harness.report.tables import plain_table
from model.domain.address import Family

STYLES: Final = {Status.PASS: "green", Status.FAIL: "bold red", Status.NOT_EXERCISED: "yellow"}
FAMILY_NAMES: Final = {Family.IPV4: "v4", Family.IPV6: "v6"}


def show(report: Report) -> RenderableType:
    """The table, what speaks against clauses, and the last line."""
    return Group(table(report), *lines(report), verdict(report))


def table(report: Report) -> Table:
    """A row for each clause, a column for each loader and family."""
    evidence = report.evidence
    places = [(loader, family) for loader in evidence.loaders for family in Family]
    titles = [f"{loader} {FAMILY_NAMES[family]}" for loader, family in places]
    result = plain_table(["clause", *titles], ["hits", "misses", "properties"])
    for clause in evidence.clauses:
        cells = []
        for loader, family in places:
            if (loader, family) in evidence.places(clause):
                status = evidence.cell(clause, loader, family).status
                cells.append(Text(status.value, STYLES[status]))
            else:
                cells.append(Text("-"))
        kinds = ("hits", "misses")
        properties = {node for kind in kinds for node, _ in report.properties_of(clause, kind)}
        numbers = (len(evidence.hits(clause)), len(evidence.misses(clause)), len(properties))
        result.add_row(clause, *cells, *(f"{number or '-'}" for number in numbers))
    return result


def lines(report: Report) -> Iterator[Text]:
    """What is amiss, a line each."""
    for clause in report.evidence.with_status(Status.FAIL):
        scenarios = ", ".join(report.evidence.failures(clause))
        yield Text(f"against {clause}: {scenarios}", "red")
    without = report.evidence.without_miss()
    if without:
        yield Text(f"without a near miss: {', '.join(without)}", "yellow")
    for node in report.failed_properties:
        yield Text(f"{node}: {report.outcomes[node]}", "red")


def verdict(report: Report) -> Text:
    """The last line."""
    counts = report.counts()
    words = ", ".join(f"{counts[status]} {status.value}" for status in Status)
    style = STYLES[Status.FAIL] if counts[Status.FAIL] or report.failed_properties else "bold"
    packets = counted(report.packets, "packet")
    return Text(f"{counted(len(report.evidence.clauses), 'clause')}: {words}; {packets}", style)
