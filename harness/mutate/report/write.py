"""Reports for other programs, each into a file of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness.mutate.catalogue import operator_names
from harness.mutate.mutant import Side
from harness.mutate.report.elements import as_elements
from harness.mutate.report.html import as_page
from harness.mutate.report.sarif import as_sarif
from harness.mutate.score import Judged
from harness.report.text import check_target, write_report


@dataclass(frozen=True, slots=True)
class Files:
    """Where reports go; None: nowhere."""

    json: Path | None
    html: Path | None
    sarif: Path | None

    def check(self) -> None:
        """Whether they can be made. Raises UserError."""
        for path in (self.json, self.html, self.sarif):
            check_target(path)


def write_reports(files: Files, judged: Sequence[Judged], population: int) -> None:
    """Write what is asked for. Raises UserError."""
    if files.json is not None:
        write_report(files.json, json.dumps(as_elements(judged), indent=1) + "\n")
    if files.html is not None:
        write_report(files.html, as_page(judged, population) + "\n")
    if files.sarif is not None:
        report = as_sarif(judged, operator_names(Side), version("twinpath"))
        write_report(files.sarif, json.dumps(report, indent=1) + "\n")
