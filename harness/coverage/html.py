"""One page that joins both sides: totals, files with their source views, branches not reached."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.coverage.branch import Branch, Side
from harness.coverage.replay import DATAPATH_FOLDER, MODEL_FOLDER
from harness.coverage.report import Report
from harness.coverage.text import never
from harness.errors import UserError
from harness.report.template import environment
from harness.report.text import write_report

INDEX: Final = "index.html"
FOLDERS: Final = {Side.DATAPATH: DATAPATH_FOLDER, Side.MODEL: MODEL_FOLDER}
LINE_ANCHORS: Final = {Side.DATAPATH: "L", Side.MODEL: "t"}
"""What llvm-cov and coverage.py call the place of a line in a page, before its number."""


def write_index(report: Report, folder: Path) -> Path:
    """Write the page into the folder that has both sides' source views; its path.

    Raises UserError where it cannot be written.
    """
    template = environment("harness.coverage").get_template("index.html.j2")
    page = template.render(
        report=report, links=_links(report), folders=FOLDERS, never=never, place_link=_place_link
    )
    path = folder / INDEX
    write_report(path, page)
    return path


def prepare(folder: Path) -> None:
    """Make the folder before corpora are replayed. Raises UserError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"--html {folder}: cannot be made: {error.strerror}; name another"
        ) from None


def _links(report: Report) -> dict[str, str]:
    """Each file's page, seen from the joining page."""
    return {
        file.file: f"{FOLDERS[one.coverage.side]}/{file.page}"
        for one in report.sides
        for file in one.coverage.files
    }


def _place_link(links: dict[str, str], side: Side, branch: Branch) -> str:
    return f"{links[branch.file]}#{LINE_ANCHORS[side]}{branch.line}"
