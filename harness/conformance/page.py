"""The conformance page in Markdown, by a template."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

from harness.conformance.evidence import Status
from harness.conformance.profiles import PROFILES, area
from harness.conformance.report import Report
from harness.report.template import environment
from harness.report.text import write_report
from model.clauses import CLAUSES, NOT_NOTED
from model.domain.address import Family

TEMPLATE: Final = "conformance.md.jinja"


def write_page(report: Report, path: Path, repository: Path) -> None:
    """Write the page; links lead from its folder to the repository's files. Raises UserError."""
    folder = path.resolve().parent
    write_report(path, render(report, Path(os.path.relpath(repository, folder)).as_posix()))


def render(report: Report, root: str) -> str:
    """The page. `root` is the way from the page's folder to the repository's."""
    template = environment("harness.conformance", autoescape=False).get_template(TEMPLATE)
    evidence = report.evidence
    profiles = {
        name: [clause for clause in evidence.clauses if area(clause) == letters]
        for name, letters in PROFILES.items()
    }
    counts = {
        name: Counter(evidence.status(clause) for clause in clauses)
        for name, clauses in profiles.items()
    }
    return template.render(
        report=report,
        evidence=evidence,
        counts=counts,
        profiles={name: clauses for name, clauses in profiles.items() if clauses},
        says=CLAUSES,
        not_noted=NOT_NOTED,
        families={family: f"IPv{family.value}" for family in Family},
        statuses=list(Status),
        root=root,
    )
