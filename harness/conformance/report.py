"""A conformance report: the evidence, what it was taken on, and its forms for machines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.conformance.evidence import Evidence, Status
from harness.conformance.properties import NOT_RUN, Property
from harness.report.text import write_report
from model.clauses import CLAUSES


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the forms of a report show.

    `circumstances` says what was held against the specification and where: object, kernel,
    compiler. `outcomes` has the outcome of each property that was run, by node.
    """

    evidence: Evidence
    circumstances: dict[str, str]
    scenarios: int
    packets: int
    properties: tuple[Property, ...]
    outcomes: dict[str, str]

    def properties_of(self, clause: str, kind: str) -> list[tuple[str, str]]:
        """Node and outcome of the properties that are `hits` or `misses` of a clause."""
        return [
            (one.node, self.outcomes.get(one.node, NOT_RUN))
            for one in self.properties
            if clause in getattr(one, kind)
        ]

    def counts(self) -> Counter[Status]:
        """Clauses by status."""
        return Counter(self.evidence.status(clause) for clause in self.evidence.clauses)

    @property
    def failed_properties(self) -> list[str]:
        """Nodes of the properties that were run and did not pass."""
        return [node for node, outcome in self.outcomes.items() if outcome != "passed"]


def as_object(report: Report) -> dict[str, Any]:
    """The report for machines: plain values, in the specification's order."""
    counts = report.counts()
    return {
        **report.circumstances,
        "scenarios": report.scenarios,
        "packets": report.packets,
        "summary": {status.value: counts[status] for status in Status},
        "clauses": {clause: clause_object(report, clause) for clause in report.evidence.clauses},
    }


def clause_object(report: Report, clause: str) -> dict[str, Any]:
    """One clause for machines."""
    evidence = report.evidence
    cells: dict[str, dict[str, str]] = {}
    for loader, family in evidence.places(clause):
        status = evidence.cell(clause, loader, family).status
        cells.setdefault(loader, {})[family.name.lower()] = status.value
    found: dict[str, Any] = {
        "says": CLAUSES[clause],
        "status": evidence.status(clause).value,
        **cells,
        "hits": evidence.hits(clause),
        "misses": evidence.misses(clause),
        "failures": evidence.failures(clause),
        "properties": dict(
            report.properties_of(clause, "hits") + report.properties_of(clause, "misses")
        ),
    }
    return {key: value for key, value in found.items() if value}


def write_yaml(report: Report, path: Path) -> None:
    """Write the YAML form. Raises UserError."""
    write_report(path, yaml.safe_dump(as_object(report), sort_keys=False, width=100))
